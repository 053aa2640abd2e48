// A range on a histogram, by two thumbs: native sliders, so the keyboard and screen readers have them.

import { counted } from "./conditions.js";
import { el } from "./dom.js";

/**
 * label: of the field. whole: only whole numbers. written(value): how a value is said.
 * onMove([low, high]) while a thumb moves, onSet([low, high]) when it rests; null at an end is open.
 */
export class Slider {
  #bars = el("div", { class: "bars", "aria-hidden": "true" });
  #low;
  #high;
  #whole;
  #step = 1;
  #written;
  #bins = [];
  element;

  constructor({ label, whole, written, onMove, onSet }) {
    this.#whole = whole;
    this.#written = written;
    const thumb = (name) =>
      el("input", { type: "range", "aria-label": `${name} of ${label}`, input: (event) => this.#moved(event.target, onMove), change: () => onSet(this.#range()) });
    this.#low = thumb("Lower end");
    this.#high = thumb("Upper end");
    this.element = el("div", { class: "slider", hidden: true }, this.#bars, this.#low, this.#high);
  }

  /** Bins [{from, to, count}], lowest first; and the range, null where it is open. */
  show(bins, [low, high]) {
    this.element.hidden = bins.length < 2;
    if (this.element.hidden) return;
    this.#bins = bins;
    const least = Math.min(bins[0].from, low ?? Infinity, high ?? Infinity);
    const most = Math.max(bins.at(-1).to, high ?? -Infinity, low ?? -Infinity);
    this.#step = (bins[0].to - bins[0].from) / 10;
    if (this.#whole) {
      const step = Math.max(1, Math.floor(this.#step)); // unless that would round what is set already
      this.#step = [low, high].every((one) => one === null || (one - least) % step === 0) ? step : 1;
    }
    for (const input of [this.#low, this.#high]) Object.assign(input, { min: least, max: most, step: this.#whole ? this.#step : "any" });
    this.#low.value = low ?? least;
    this.#high.value = high ?? most;
    this.#draw(least, most);
    this.#say();
  }

  #draw(least, most) {
    const top = Math.max(...this.#bins.map(({ count }) => count), 1);
    const bars = this.#bins.map(({ from, to, count }) => {
      const bar = el("i", { title: `${this.#written(from)} – ${this.#written(to)}: ${counted(count)}` });
      bar.style.insetInlineStart = `${(100 * (from - least)) / (most - least)}%`;
      bar.style.width = `${(100 * (to - from)) / (most - least)}%`;
      bar.style.height = count ? `${Math.max(4, (100 * count) / top)}%` : "0";
      return bar;
    });
    this.#bars.replaceChildren(...bars);
  }

  #moved(thumb, onMove) {
    const { min, max, value } = thumb;
    // Coarse enough that its values are round; the ends themselves stay in reach.
    const steps = Math.round((value - min) / this.#step);
    const round = value === max ? Number(max) : Number((Number(min) + steps * this.#step).toPrecision(9));
    thumb.value = thumb === this.#low ? Math.min(round, this.#high.value) : Math.max(round, this.#low.value);
    this.#say();
    onMove(this.#range());
  }

  /** The range that the thumbs say. */
  #range() {
    const { min, max } = this.#low;
    const [low, high] = [Number(this.#low.value), Number(this.#high.value)];
    return [low <= Number(min) ? null : low, high >= Number(max) ? null : high];
  }

  #say() {
    const [low, high] = [Number(this.#low.value), Number(this.#high.value)];
    const { min, max } = this.#low;
    const within = (value) => (100 * (value - min)) / (max - min || 1);
    this.element.style.setProperty("--low", `${within(low)}%`);
    this.element.style.setProperty("--high", `${within(high)}%`);
    // At the far end both thumbs may lie on each other: the one that can still move lies above.
    this.#low.style.zIndex = within(low) > 50 ? 3 : 2;
    this.#low.setAttribute("aria-valuetext", this.#written(low));
    this.#high.setAttribute("aria-valuetext", this.#written(high));
    for (const [at, { from, to }] of this.#bins.entries()) this.#bars.children[at].classList.toggle("out", to <= low || from >= high);
  }
}
