// What the page shows, and the address that says it, so that links, reload and the back button work.
// A picture from the person's device has no address: it stays in memory, known by its key.

/** Nothing asked: the collection as it comes. */
export const NOTHING = Object.freeze({ q: "", like: null, link: null, picture: null, filter: {}, item: null });

/** The view that the present address and history entry say. */
export function readLocation() {
  const params = new URLSearchParams(window.location.search);
  return {
    collection: params.get("collection"),
    q: params.get("q") ?? "",
    like: params.get("like"),
    link: params.get("image_url"),
    picture: history.state?.picture ?? null,
    filter: readFilter(params.get("filter")),
    item: params.get("item"),
  };
}

/** Make the address say `view`: as a new entry of the history, or in place of the present one. */
export function writeLocation(view, { replace = false, opened = false } = {}) {
  const params = new URLSearchParams();
  if (view.collection) params.set("collection", view.collection);
  if (view.q) params.set("q", view.q);
  if (view.like) params.set("like", view.like);
  if (view.link) params.set("image_url", view.link);
  if (Object.keys(view.filter).length) params.set("filter", JSON.stringify(view.filter));
  if (view.item) params.set("item", view.item);
  const query = params.toString();
  const address = query ? `?${query}` : window.location.pathname;
  const state = { picture: view.picture, opened };
  if (replace) history.replaceState(state, "", address);
  else {
    rememberScroll();
    history.pushState(state, "", address);
  }
}

/** Keep the place on the page with the present entry, for when it is come back to. */
export function rememberScroll() {
  history.replaceState({ ...history.state, scroll: window.scrollY }, "");
}

/** Tells one search from another: all of the view that changes what is found. */
export function searchKey({ collection, q, like, link, picture, filter }) {
  return JSON.stringify([collection, q.trim(), like, link, picture, filter]);
}

function readFilter(text) {
  if (!text) return {};
  try {
    const filter = JSON.parse(text);
    return filter && typeof filter === "object" && !Array.isArray(filter) ? filter : {};
  } catch {
    return {}; // a link cut off on its way: the rest of it still says something
  }
}
