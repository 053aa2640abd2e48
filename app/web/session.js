// One search at a time: a new one cancels the old one's request. Results that were seen stay in
// memory, so that going back shows them at once, with all pages that were loaded.

import { search } from "./api.js";
import { asker } from "./asker.js";
import { both } from "./conditions.js";
import { searchKey } from "./location.js";
import { asQuery } from "./parts.js";
import { pictureOf } from "./picture.js";

const REMEMBERED = 20; // searches
const MOST_EXPLAINED = 200; // results from the first: the service gives no longer pages

export class Session {
  #controller = new AbortController();
  #seen = new Map();
  #explained = null; // {key, limit, page}: the last explanations
  current = null; // {key, id, limit, hits, total, cursor, timings_ms, understood, below}

  /** The first page for `view`; raises AbortError when another search comes first. */
  async find(view) {
    const key = searchKey(view);
    this.current = null;
    const limit = pageSize();
    const page = await search(view.collection, bodyOf(view, limit), this.#signal(), asker());
    const { total, cursor, timings_ms, understood, no_match: below = false } = page;
    const hits = below ? (page.nearest_below ?? []) : page.hits;
    this.#remember({ key, id: page.query_id, limit, hits, total, cursor, timings_ms, understood: understood ?? [], below });
    return this.current;
  }

  /** The next page; its hits. */
  async more(view) {
    const results = this.current;
    const page = await search(view.collection, { ...bodyOf(view, results.limit), cursor: results.cursor }, this.#signal(), asker());
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

  /**
   * Why the item `id`, at `index` of what is found for `view`, stands there: {hit, how, exact}. Not
   * exact where it is too far down: then its scores are right, and its places are not known.
   */
  async explain(view, id, index) {
    const key = searchKey(view);
    const limit = Math.min(MOST_EXPLAINED, 40 * Math.ceil((index + 1) / 40));
    if (this.#explained?.key !== key || this.#explained.limit < limit) {
      this.#explained = { key, limit, page: await search(view.collection, { ...bodyOf(view, limit), explain: true }) };
    }
    const { page } = this.#explained;
    const hit = [...page.hits, ...(page.nearest_below ?? [])].find((one) => one.id === id);
    if (hit) return { hit, how: page.explanation, exact: true };
    const alone = { ...view, filter: both(view.filter, { id }) };
    const { hits, explanation } = await search(view.collection, { ...bodyOf(alone, 1), explain: true });
    return hits.length ? { hit: hits[0], how: explanation, exact: false } : null;
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
  const asked = query.length ? { understand: true, recognise: "boost", nearest_below: true } : {};
  const order = sort && !query.length ? { sort: `${sort.descending ? "-" : ""}${sort.field}` } : {};
  return { query, filter, limit, list_collapsed: true, ...asked, ...order };
}
