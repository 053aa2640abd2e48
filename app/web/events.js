// What is seen, opened and looked at, told to the service where it keeps that and the person lets it.

import { mayTell } from "./asker.js";
import { byId } from "./dom.js";

const SEEN_MS = 1000; // a tile half in the window for so long was seen
const SEEN_SHARE = 0.5;
const WAIT_MS = 5000; // impressions are sent together
const MOST_AT_ONCE = 50; // a beacon holds 64 KB
const MOST_WAITING = 500;

export class Events {
  #answer = null; // {queryId, ranked}: what is on the page; `ranked`: places mean something
  #told = new Set(); // impressions, by query and item
  #timers = new Map(); // tile -> timer, while it is half in the window
  #waiting = [];
  #sending = 0;
  #open = null; // {queryId, item, since} while a result is looked at
  #observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.#crossed(entry)), { threshold: SEEN_SHARE });

  constructor() {
    for (const tile of byId("grid").children) this.#observer.observe(tile);
    new MutationObserver((changes) => this.#drawn(changes)).observe(byId("grid"), { childList: true });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#away() : this.#back()));
    window.addEventListener("pagehide", () => this.#away());
  }

  /** The tiles on the page are the answer `queryId`; null where there is none. */
  shows(queryId, { ranked = true } = {}) {
    this.#answer = queryId ? { queryId, ranked } : null;
  }

  /** A result was opened, at `index` of the answer. Once more for the same one says nothing. */
  opened(item, index) {
    if (this.#open?.item === item) return;
    this.closed();
    if (!this.#answer || index < 0) return;
    this.clicked(item, index);
    this.#open = { queryId: this.#answer.queryId, item, since: performance.now() };
  }

  /** No result is looked at any more. */
  closed() {
    this.#dwelt();
    this.#open = null;
  }

  clicked(item, index) {
    if (!this.#answer) return;
    this.#tell({ query_id: this.#answer.queryId, item, action: "click", ...this.#place(index) });
    this.#send();
  }

  #place(index) {
    return this.#answer.ranked ? { position: index + 1 } : {};
  }

  #drawn(changes) {
    for (const { addedNodes, removedNodes } of changes) {
      for (const tile of removedNodes) this.#forget(tile);
      for (const tile of addedNodes) if (tile.matches?.(".tile")) this.#observer.observe(tile);
    }
  }

  #forget(tile) {
    this.#observer.unobserve(tile);
    clearTimeout(this.#timers.get(tile));
    this.#timers.delete(tile);
  }

  #crossed({ target, isIntersecting }) {
    clearTimeout(this.#timers.get(target));
    if (isIntersecting) this.#timers.set(target, setTimeout(() => this.#seen(target), SEEN_MS));
    else this.#timers.delete(target);
  }

  /** A tile behind a dialog, or in a tab behind another, is not seen: its time begins anew. */
  #seen(tile) {
    if (document.hidden || document.querySelector("dialog[open]")) {
      this.#timers.set(tile, setTimeout(() => this.#seen(tile), SEEN_MS));
      return;
    }
    this.#forget(tile);
    if (!this.#answer) return;
    const { id: item, index } = tile.dataset;
    const { queryId } = this.#answer;
    const key = `${queryId}\n${item}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#tell({ query_id: queryId, item, action: "impression", ...this.#place(Number(index)) });
  }

  /** Tell how long the open result was looked at; `since` is null while nobody looks. */
  #dwelt() {
    if (!this.#open || this.#open.since === null) return;
    const { queryId, item, since } = this.#open;
    this.#tell({ query_id: queryId, item, action: "dwell", seconds: Math.round(performance.now() - since) / 1000 });
    this.#open.since = null;
  }

  #away() {
    this.#dwelt();
    this.#send();
  }

  #back() {
    if (this.#open) this.#open.since = performance.now();
  }

  #tell(event) {
    if (!mayTell() || this.#waiting.length >= MOST_WAITING) return;
    this.#waiting.push({ ...event, at: new Date().toISOString() });
    if (this.#waiting.length >= MOST_AT_ONCE) this.#send();
    else this.#sending ||= setTimeout(() => this.#send(), WAIT_MS);
  }

  #send() {
    clearTimeout(this.#sending);
    this.#sending = 0;
    while (this.#waiting.length) {
      const events = this.#waiting.slice(0, MOST_AT_ONCE);
      const body = new Blob([JSON.stringify({ events })], { type: "application/json" });
      if (!navigator.sendBeacon("/v1/events", body)) return; // full: with the next ones
      this.#waiting.splice(0, events.length);
    }
  }
}
