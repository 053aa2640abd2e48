// One search at a time: a new one cancels the old one's request. Results that were seen stay in
// memory, so that going back shows them at once, with all pages that were loaded.

import { search } from "./api.js";
import { searchKey } from "./location.js";
import { asQuery } from "./parts.js";
import { pictureOf } from "./picture.js";

const REMEMBERED = 20; // searches

export class Session {
  #controller = new AbortController();
  #seen = new Map();
  current = null; // {key, limit, hits, total, cursor, timings_ms}

  /** The first page for `view`; raises AbortError when another search comes first. */
  async find(view) {
    const key = searchKey(view);
    this.current = null;
    const limit = pageSize();
    const page = await search(view.collection, bodyOf(view, limit), this.#signal());
    this.#remember({ key, limit, hits: page.hits, total: page.total, cursor: page.cursor, timings_ms: page.timings_ms });
    return this.current;
  }

  /** The next page; its hits. */
  async more(view) {
    const results = this.current;
    const page = await search(view.collection, { ...bodyOf(view, results.limit), cursor: results.cursor }, this.#signal());
    this.#remember({ ...results, hits: [...results.hits, ...page.hits], cursor: page.cursor });
    return page.hits;
  }

  /** Make what was found earlier for `view` current again; null when it is not remembered. */
  recall(view) {
    const results = this.#seen.get(searchKey(view));
    if (!results) return null;
    this.cancel();
    this.#remember(results);
    return results;
  }

  cancel() {
    this.#controller.abort();
  }

  /** Nothing is current any more. */
  forget() {
    this.cancel();
    this.current = null;
  }

  #signal() {
    this.cancel();
    this.#controller = new AbortController();
    return this.#controller.signal;
  }

  #remember(results) {
    this.current = results;
    this.#seen.delete(results.key); // a Map keeps its order: the last is the latest
    this.#seen.set(results.key, results);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.keys().next().value);
  }
}

/** Enough to fill the window about twice. */
const pageSize = () => (window.innerWidth * window.innerHeight > 3_000_000 ? 120 : 40);

/** The request's body for a view; an empty query is the collection as it comes. */
function bodyOf({ q, parts, filter, sort }, limit) {
  const words = q.trim() ? [{ text: q.trim() }] : [];
  const query = [...words, ...parts.map((one) => asQuery(one, (key) => pictureOf(key).data))];
  return { query, filter, limit, understand: true, ...(sort && { sort }) };
}
