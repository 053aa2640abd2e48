// The operators' page: asked for again every few seconds, while somebody looks.

import { Problem, call, isAborted } from "../api.js";
import { byId } from "../dom.js";
import { hideNotice, showProblem } from "../notice.js";
import { experiments } from "./experiments.js";
import { queries } from "./queries.js";
import { collections, rejects, searches, tiles } from "./sections.js";

const EVERY_MS = 10_000;

class Operations {
  #timer = 0;
  #asking = new AbortController();
  #paused = false;

  start() {
    document.addEventListener("visibilitychange", () => this.#resume());
    byId("pause").addEventListener("click", () => {
      this.#paused = !this.#paused;
      byId("pause").setAttribute("aria-pressed", String(this.#paused));
      this.#resume();
    });
    this.#resume();
  }

  #resume() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    if (!document.hidden && !this.#paused) this.#ask();
  }

  async #ask() {
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const state = await call("/v1/operations", { signal });
      const record = state.events ? optional("/v1/operations/queries", signal) : null;
      const [asked, tried] = await Promise.all([record, optional("/v1/experiments", signal)]);
      this.#show(state, asked, tried);
    } catch (problem) {
      if (isAborted(problem)) return;
      if (!(problem instanceof Problem)) throw problem;
      if (!this.#failed(problem)) return;
    }
    this.#timer = setTimeout(() => this.#ask(), EVERY_MS);
  }

  #show(state, asked, tried) {
    hideNotice();
    byId("late").textContent = "";
    byId("fresh").textContent = `As of ${new Date(state.at).toLocaleTimeString("en")}, every ${EVERY_MS / 1000} seconds while this page is seen`;
    replace("tiles", ...tiles(state));
    replace("searches", searches(state.searches));
    replace("collections", collections(state.collections));
    replace("rejects", rejects(state.rejects));
    replace("queries", ...queries(asked));
    replace("experiments", experiments(tried));
    byId("figures").hidden = false;
  }

  /** Whether to ask again by itself: a passing failure leaves the last figures, and says so. */
  #failed(problem) {
    const passing = problem.status === 0 || problem.status === 429 || problem.status >= 500;
    if (passing && !byId("figures").hidden) {
      byId("late").textContent = `These figures are old: ${problem.message} ${problem.hint}`;
      return true;
    }
    byId("figures").hidden = true;
    const another = problem.status === 403 ? new Problem({ ...problem, status: 401, detail: problem.message }) : problem;
    showProblem(another, passing ? [{ label: "Try again", act: () => this.#resume() }] : []);
    return false;
  }
}

/** What may not be there, or not be for this caller; null then. */
async function optional(path, signal) {
  try {
    return await call(path, { signal });
  } catch (problem) {
    if (problem instanceof Problem && [403, 404].includes(problem.status)) return null;
    throw problem;
  }
}

/** Fill a part anew; the keyboard stays where it was, and so does what was scrolled to. */
function replace(id, ...nodes) {
  const part = byId(id);
  const within = part.contains(document.activeElement);
  const left = [...part.querySelectorAll(".scrolled")].map((node) => node.scrollLeft);
  part.replaceChildren(...nodes.filter(Boolean));
  const scrolled = [...part.querySelectorAll(".scrolled")];
  scrolled.forEach((node, place) => (node.scrollLeft = left[place] ?? 0));
  if (within) scrolled[0]?.focus({ preventScroll: true });
}

new Operations().start();
