// The answer to what is asked: tiles, the line that says how many and how fast, and more of them.

import { isAborted } from "./api.js";
import { counted } from "./conditions.js";
import { byId } from "./dom.js";
import { Grid } from "./grid.js";
import { hideNotice, showEmpty, showNotice, showProblem } from "./notice.js";
import { placeToShow, rememberScroll, searchKey } from "./location.js";
import { Session } from "./session.js";

const PATIENCE_MS = 150; // before a sign of work is shown
const ADVICE = "Try other or fewer words, or another picture.";
const MOST_FOUND_AGAIN = 400; // results brought back after a reload

/** onOpen(hit), onSimilar(hit), onRetry(), onChange(patch of the view): what can be done from here. */
export class Answer {
  #session = new Session();
  #items;
  #on;
  #grid;
  #more = byId("more");
  #moreOf = null; // the view whose next page there is
  #shown = null; // key of the search whose tiles are on the page

  constructor({ items, ...on }) {
    this.#items = items;
    this.#on = on;
    this.#grid = new Grid({ ...on, onNearEnd: () => this.#nearEnd() });
  }

  get hits() {
    return this.#session.current?.hits ?? [];
  }

  /** {id, below}: of the search, as the service named it, and whether only the nearest are shown. */
  get search() {
    return this.#session.current;
  }

  get total() {
    return this.#session.current?.total ?? 0;
  }

  /** What the words were understood to say, as the service tells it. */
  get understood() {
    return this.#session.current?.understood ?? [];
  }

  /** A field to show below the titles, or null. */
  set also(field) {
    this.#grid.also = field;
  }

  /** Place of the first result in the window, from 0. */
  get at() {
    return this.#grid.at;
  }

  /** As Session.explain. */
  explain(view, id, index) {
    return this.#session.explain(view, id, index);
  }

  focusOn(id) {
    this.#grid.focus(id);
  }

  /** Show what is found for `view`; raises Problem, or AbortError when another search came first. */
  async show(view, { recall, again }) {
    if (!again && this.#shown === searchKey(view)) return;
    const { scroll, count = 0, at = 0 } = recall ? placeToShow() : {};
    if (!(recall && this.#session.recall(view))) {
      this.#shown = null;
      this.#moreOf = null;
      await this.#working(() => this.#findAgain(view, Math.min(Math.max(count, at + 1), MOST_FOUND_AGAIN)));
    }
    this.#draw(view);
    if (scroll === undefined && at) this.#grid.scrollTo(at);
    else window.scrollTo(0, scroll ?? 0);
    this.#grid.look();
  }

  /** The first page, and after a reload as many more as were there. */
  async #findAgain(view, count) {
    await this.#session.find(view);
    while (this.#session.current.hits.length < count && this.#session.current.cursor) await this.#session.more(view);
  }

  /** Say what went wrong in place of the results. */
  fail(problem, view, actions = []) {
    this.#session.forget();
    this.#shown = null;
    this.#grid.show([]);
    this.#more.hidden = true;
    this.#moreOf = null;
    byId("more-problem").textContent = "";
    byId("status").textContent = "";
    const passing = problem.status === 0 || problem.status === 429 || problem.status >= 500;
    const retry = { label: "Try again", act: this.#on.onRetry };
    showProblem(problem, passing ? [retry] : [...actions, ...this.#waysOut(view)]);
  }

  #draw(view) {
    const { key, hits, total, cursor, below } = this.#session.current;
    this.#shown = key;
    this.#items.add(view.collection, hits);
    this.#grid.show(hits, { below });
    this.#offerMore(view, cursor);
    byId("status").textContent = this.#statusOf(view);
    if (below) this.#sayNoMatch(view);
    else if (hits.length) hideNotice();
    else this.#sayNothing(view, total);
  }

  #offerMore(view, cursor) {
    this.#more.hidden = !cursor;
    this.#more.textContent = "Show more";
    this.#more.onclick = () => this.#loadMore(view);
    byId("more-problem").textContent = "";
    this.#moreOf = cursor ? view : null;
  }

  /** The end of what is there comes into reach: go on, unless that failed and waits for a person. */
  #nearEnd() {
    if (this.#moreOf && !this.#more.disabled) this.#loadMore(this.#moreOf);
  }

  async #loadMore(view) {
    this.#more.disabled = true;
    try {
      const hits = await this.#working(() => this.#session.more(view), { dim: false });
      this.#items.add(view.collection, hits);
      this.#grid.append(hits);
      this.#offerMore(view, this.#session.current.cursor);
      byId("status").textContent = this.#statusOf(view);
      rememberScroll({ count: this.hits.length });
    } catch (problem) {
      if (!isAborted(problem)) this.#noMore(problem, view);
    } finally {
      this.#more.disabled = false;
      this.#grid.look();
    }
  }

  #noMore(problem, view) {
    this.#moreOf = null;
    // A page refused is of a list that has changed since: only a new search helps.
    this.#more.onclick = problem.status === 422 ? this.#on.onRetry : () => this.#loadMore(view);
    this.#more.textContent = "Try again";
    byId("more-problem").textContent = [problem.title, problem.detail, problem.hint].filter(Boolean).join(" – ");
  }

  /** Run `work`, with a sign of it on the page when it takes long enough to be noticed. */
  async #working(work, { dim = true } = {}) {
    const sign = (on) => {
      byId("progress").hidden = !on;
      this.#grid.busy = on && dim;
    };
    const timer = setTimeout(() => sign(true), PATIENCE_MS);
    const done = work();
    try {
      return await done;
    } finally {
      clearTimeout(timer);
      sign(false);
    }
  }

  #statusOf(view) {
    const { hits, total, below, timings_ms: timings } = this.#session.current;
    const items = `${counted(total)} ${total === 1 ? "item" : "items"}`;
    const order = below ? ", no match" : isAsked(view) && hits.length ? ", best first" : "";
    const took = typeof timings?.total === "number" ? ` · ${timings.total < 10 ? timings.total.toFixed(1) : Math.round(timings.total)} ms` : "";
    return `${items}${order}${took}`;
  }

  #sayNothing(view, total) {
    const filtered = Object.keys(view.filter).length > 0;
    if (!filtered && !isAsked(view)) return showEmpty(view.collection);
    const advice = filtered && !total ? "No item passes these filters." : ADVICE;
    showNotice({ title: "Nothing found", parts: [advice], actions: this.#waysOut(view) });
  }

  #sayNoMatch(view) {
    const nearest = this.hits.length ? " What comes nearest is below." : "";
    showNotice({ title: "No match", parts: [`Nothing is near enough to be an answer.${nearest}`, ADVICE], actions: this.#waysOut(view) });
  }

  #waysOut(view) {
    const ways = [];
    const act = (patch) => () => this.#on.onChange(patch);
    if (Object.keys(view.filter).length) ways.push({ label: "Clear the filters", act: act({ filter: {} }) });
    if (view.parts.length) {
      const what = view.parts.length > 1 ? "pictures" : "picture";
      ways.push({ label: `Search without the ${what}`, act: act({ parts: [] }) });
    }
    return ways;
  }
}

/** Whether a view asks for anything: else it is the collection as it comes. */
export const isAsked = ({ q, parts }) => Boolean(q.trim() || parts.length);
