// What the page shows, and the address that says it, so that links, reload and the back button work.
// A picture from the person's device has no address: it stays in memory, known by its key.

import { MOST, SAYS, part } from "./parts.js";

/** Nothing asked: the collection as it comes. */
export const NOTHING = Object.freeze({ q: "", parts: [], filter: {}, sort: null, item: null });

const NAMES = { item: "like", link: "image_url" };
const KINDS = Object.fromEntries(Object.entries(NAMES).map(([kind, name]) => [name, kind]));

/** The view that the present address and history entry say. */
export function readLocation() {
  const params = new URLSearchParams(window.location.search);
  const pictures = (history.state?.pictures ?? []).map(({ value, say, region }) => part("picture", value, say, region));
  return {
    collection: params.get("collection"),
    q: params.get("q") ?? "",
    parts: [...readParts(params), ...pictures].slice(0, MOST),
    filter: readFilter(params.get("filter")),
    sort: readSort(params.get("sort")),
    item: params.get("item"),
  };
}

/** Make the address say `view`: as a new entry of the history, or in place of the present one. */
export function writeLocation(view, { replace = false, opened = false, stay = false } = {}) {
  const params = new URLSearchParams();
  if (view.collection) params.set("collection", view.collection);
  if (view.q) params.set("q", view.q);
  for (const one of view.parts) if (one.kind in NAMES) params.append(nameOf(one), one.value);
  if (Object.keys(view.filter).length) params.set("filter", JSON.stringify(view.filter));
  if (view.sort) params.set("sort", `${view.sort.descending ? "-" : ""}${view.sort.field}`);
  if (view.item) params.set("item", view.item);
  const state = { pictures: view.parts.filter(({ kind }) => kind === "picture"), opened };
  if (stay) {
    Object.assign(state, { scroll: window.scrollY, count: history.state?.count });
    const at = new URLSearchParams(window.location.search).get("at");
    if (at) params.set("at", at);
  }
  if (!replace) rememberScroll();
  history[replace ? "replaceState" : "pushState"](state, "", addressOf(params));
}

/**
 * Keep the place on the page for when it is come back to: in the history to the pixel, with how many
 * results led there, and in the address the first result that is seen.
 */
export function rememberScroll({ at = null, count = history.state?.count } = {}) {
  const params = new URLSearchParams(window.location.search);
  if (at !== null) at > 0 ? params.set("at", at) : params.delete("at");
  history.replaceState({ ...history.state, scroll: window.scrollY, count }, "", addressOf(params));
}

/** {scroll, count} of the history entry; where it has none, {at} of the address. */
export function placeToShow() {
  const { scroll, count } = history.state ?? {};
  const at = Number(new URLSearchParams(window.location.search).get("at"));
  return { scroll, count, at: Number.isInteger(at) && at > 0 ? at : 0 };
}

const addressOf = (params) => (params.size ? `?${params}` : window.location.pathname);

/** Tells one search from another: all of the view that changes what is found. */
export function searchKey({ collection, q, parts, filter, sort }) {
  return JSON.stringify([collection, q.trim(), parts, filter, sort]);
}

/** 'like', 'like.not', and with a box 'like.not@0.1,0.2,0.5,0.5': left, top, width, height in 0 to 1. */
function nameOf({ kind, say, region }) {
  const box = region ? `@${[region.x, region.y, region.w, region.h].join()}` : "";
  return `${NAMES[kind]}${say === "like" ? "" : `.${say}`}${box}`;
}

function readParts(params) {
  const parts = [];
  for (const [key, value] of params) {
    const [, name, say = "like", box] = /^(like|image_url)(?:\.(\w+))?(?:@(.*))?$/.exec(key) ?? [];
    if (name && value && say in SAYS) parts.push(part(KINDS[name], value, say, readRegion(box)));
  }
  return parts;
}

function readRegion(text) {
  const [x, y, w, h] = (text ?? "").split(",").map(Number);
  const fits = [x, y, w, h].every((side) => side >= 0 && side <= 1) && w > 0 && h > 0 && x + w <= 1.0001 && y + h <= 1.0001;
  return fits ? { x, y, w, h } : null; // a hand-broken box is no box
}

function readSort(text) {
  if (!text) return null;
  return { field: text.replace(/^-/, ""), descending: text.startsWith("-") };
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
