// The answer to what is asked: tiles, the line that says how many and how fast, and more of them.

import { isAborted } from "./api.js";
import { counted } from "./conditions.js";
import { byId } from "./dom.js";
import { Grid } from "./grid.js";
import { hideNotice, showEmpty, showNotice, showProblem } from "./notice.js";
import { searchKey } from "./location.js";
import { Session } from "./session.js";

const PATIENCE_MS = 150; // before a sign of work is shown

/** onOpen(hit), onSimilar(hit), onRetry(), onChange(patch of the view). */
export class Answer {
  #session = new Session();
  #items;
  #on;
  #grid;
  #more = byId("more");
  #shown = null; // key of the search whose tiles are on the page

  constructor({ items, ...on }) {
    this.#items = items;
    this.#on = on;
    this.#grid = new Grid(on);
  }

  get hits() {
    return this.#session.current?.hits ?? [];
  }

  get total() {
    return this.#session.current?.total ?? 0;
  }

  focusOn(id) {
    this.#grid.focus(id);
  }

  /** Show what is found for `view`; raises Problem, or AbortError when another search came first. */
  async show(view, { recall, again }) {
    if (!again && this.#shown === searchKey(view)) return;
    const remembered = recall && this.#session.recall(view);
    if (!remembered) {
      this.#shown = null;
      await this.#working(() => this.#session.find(view));
    }
    this.#draw(view);
    window.scrollTo(0, remembered ? (history.state?.scroll ?? 0) : 0);
  }

  /** Say what went wrong in place of the results. */
  fail(problem, view, actions = []) {
    this.#session.forget();
    this.#shown = null;
    this.#grid.show([]);
    this.#more.hidden = true;
    byId("status").textContent = "";
    const passing = problem.status === 0 || problem.status === 429 || problem.status >= 500;
    const retry = { label: "Try again", act: this.#on.onRetry };
    showProblem(problem, passing ? [retry] : [...actions, ...this.#waysOut(view)]);
  }

  #draw(view) {
    const { key, hits, total, cursor } = this.#session.current;
    this.#shown = key;
    this.#items.add(view.collection, hits);
    this.#grid.show(hits);
    this.#offerMore(view, cursor);
    byId("status").textContent = this.#statusOf(view);
    if (hits.length) hideNotice();
    else this.#sayNothing(view, total);
  }

  #offerMore(view, cursor) {
    this.#more.hidden = !cursor;
    this.#more.onclick = () => this.#loadMore(view);
  }

  async #loadMore(view) {
    this.#more.disabled = true;
    try {
      const hits = await this.#working(() => this.#session.more(view));
      this.#items.add(view.collection, hits);
      this.#grid.append(hits, { focus: document.activeElement === this.#more || document.activeElement === document.body });
      this.#offerMore(view, this.#session.current.cursor);
      hideNotice();
      byId("status").textContent = this.#statusOf(view);
    } catch (problem) {
      if (!isAborted(problem)) this.#noMore(problem, view);
    } finally {
      this.#more.disabled = false;
    }
  }

  #noMore(problem, view) {
    // A page refused is of a list that has changed since: only a new search helps.
    const act = problem.status === 422 ? this.#on.onRetry : () => this.#loadMore(view);
    showProblem(problem, [{ label: "Try again", act }]);
    byId("notice").scrollIntoView({ block: "center" });
  }

  /** Run `work`, with a sign of it on the page when it takes long enough to be noticed. */
  async #working(work) {
    const sign = (on) => {
      byId("progress").hidden = !on;
      this.#grid.busy = on;
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
    const { hits, total, timings_ms: timings } = this.#session.current;
    const items = `${counted(total)} ${total === 1 ? "item" : "items"}`;
    const order = isAsked(view) && hits.length ? ", best first" : "";
    const took = typeof timings?.total === "number" ? ` · ${timings.total < 10 ? timings.total.toFixed(1) : Math.round(timings.total)} ms` : "";
    return `${items}${order}${took}`;
  }

  #sayNothing(view, total) {
    const filtered = Object.keys(view.filter).length > 0;
    if (!filtered && !isAsked(view)) return showEmpty(view.collection);
    const advice = filtered && !total ? "No item passes these filters." : "Try other or fewer words, or another picture.";
    showNotice({ title: "Nothing found", parts: [advice], actions: this.#waysOut(view) });
  }

  #waysOut(view) {
    const ways = [];
    const act = (patch) => () => this.#on.onChange(patch);
    if (Object.keys(view.filter).length) ways.push({ label: "Clear the filters", act: act({ filter: {} }) });
    if (view.picture !== null || view.link || view.like) {
      ways.push({ label: "Search without the picture", act: act({ picture: null, link: null, like: null }) });
    }
    return ways;
  }
}

const isAsked = ({ q, like, link, picture }) => Boolean(q.trim() || like || link || picture !== null);
