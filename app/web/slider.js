// A range on a histogram, by two thumbs: native sliders, so the keyboard and screen readers have them.

import { counted } from "./conditions.js";
import { el } from "./dom.js";

/**
 * label: of the field. whole: only whole numbers. written(value): how a value is said.
 * onMove([low, high]) while a thumb moves, onSet() when it rests; null at an end is open.
 */
export class Slider {
  element;
  #bars = el("div", { class: "bars", "aria-hidden": "true" });
  #low;
  #high;
  #whole;
  #step = 1;
  #written;
  #bins = [];

  constructor({ label, whole, written, onMove, onSet }) {
    this.#whole = whole;
    this.#written = written;
    const move = ({ target }) => {
      this.#round(target);
      this.#say();
      onMove(this.#range());
    };
    const thumb = (end) => el("input", { type: "range", "aria-label": `${end} of ${label}`, input: move, change: onSet });
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
    for (const thumb of [this.#low, this.#high]) Object.assign(thumb, { min: least, max: most, step: this.#whole ? this.#step : "any" });
    this.#low.value = low ?? least;
    this.#high.value = high ?? most;
    this.#draw();
    this.#say();
  }

  #draw() {
    const top = Math.max(...this.#bins.map(({ count }) => count), 1);
    const bars = this.#bins.map(({ from, to, count }) => {
      const bar = el("i", { title: `${this.#written(from)} – ${this.#written(to)}: ${counted(count)}` });
      bar.style.insetInlineStart = `${this.#share(from)}%`;
      bar.style.width = `${this.#share(to) - this.#share(from)}%`;
      bar.style.height = count ? `${Math.max(4, (100 * count) / top)}%` : "0";
      return bar;
    });
    this.#bars.replaceChildren(...bars);
  }

  /** Where a value lies, 0 to 100. */
  #share(value) {
    const { min, max } = this.#low;
    return (100 * (value - min)) / (max - min || 1);
  }

  /** Give a thumb a round value; the ends stay in reach, and thumbs don't pass each other. */
  #round(thumb) {
    const { min, max, value } = thumb;
    const steps = Math.round((value - min) / this.#step);
    const round = value === max ? Number(max) : Number((Number(min) + steps * this.#step).toPrecision(9));
    thumb.value = thumb === this.#low ? Math.min(round, this.#high.value) : Math.max(round, this.#low.value);
  }

  #range() {
    const [low, high] = [this.#low, this.#high];
    return [low.value === low.min ? null : Number(low.value), high.value === high.max ? null : Number(high.value)];
  }

  #say() {
    const [low, high] = [Number(this.#low.value), Number(this.#high.value)];
    this.element.style.setProperty("--low", `${this.#share(low)}%`);
    this.element.style.setProperty("--high", `${this.#share(high)}%`);
    this.#low.style.zIndex = this.#share(low) > 50 ? 3 : 2; // where both lie on each other, the one that can move
    this.#low.setAttribute("aria-valuetext", this.#written(low));
    this.#high.setAttribute("aria-valuetext", this.#written(high));
    for (const [at, { from, to }] of this.#bins.entries()) this.#bars.children[at].classList.toggle("out", to <= low || from >= high);
  }
}
