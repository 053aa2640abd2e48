// The parts of the filter panel that bound a field: from and to, with a slider; and words.

import { dayAfter, labelOf, lastDay, shown } from "./conditions.js";
import { el } from "./dom.js";
import { dayOf, isoOf } from "./histograms.js";
import { Slider } from "./slider.js";

/** From and to, both inclusive; days for a datetime. `change` takes the condition or null. */
export class Range {
  #isDay;
  #change;
  #from;
  #to;
  #bins = [];
  #isBound = false;
  #slider;
  #wrong = el("p", { class: "wrong", role: "alert", hidden: true });

  constructor({ name, kind }, change) {
    this.#isDay = kind === "datetime";
    this.#change = change;
    const props = this.#isDay ? { type: "date" } : { type: "number", step: kind === "integer" ? "1" : "any" };
    const input = (side) => el("input", { ...props, name: `${name}.${side}`, autocomplete: "off", change: () => this.#read() });
    this.#from = input("from");
    this.#to = input("to");
    this.#slider = new Slider({
      label: labelOf(name),
      whole: kind !== "float",
      written: (value) => (this.#isDay ? isoOf(value) : shown(Number(value.toPrecision(9)))),
      onMove: (range) => this.#write(range),
      onSet: () => this.#read(),
    });
    this.element = el(
      "div",
      { class: "range" },
      this.#slider.element,
      el("label", {}, "From", this.#from),
      el("label", {}, "To", this.#to),
      this.#wrong,
    );
  }

  /** No item has a value to choose from. */
  get isEmpty() {
    return !this.#bins.length && !this.#isBound;
  }

  /** `bins`: of the field, as histograms.js gives them; undefined keeps those of before. */
  show(condition, bins = this.#bins) {
    const { gte, gt, lte, lt } = condition && typeof condition === "object" ? condition : {};
    const low = String(gte ?? gt ?? "");
    const high = String(lte ?? (this.#isDay && lt ? lastDay(String(lt)) : (lt ?? "")));
    this.#bins = bins;
    this.#isBound = Boolean(low || high);
    fill(this.#from, this.#isDay ? low.slice(0, 10) : low);
    fill(this.#to, this.#isDay ? high.slice(0, 10) : high);
    this.#wrong.hidden = !this.#problem();
    if (!this.#slider.element.contains(document.activeElement) || bins.length) this.#slider.show(bins, this.#ends());
  }

  /** The ends as the slider has them: its upper one is past the last day. */
  #ends() {
    const [from, to] = [this.#from.value, this.#to.value];
    if (this.#isDay) return [from ? dayOf(from) : null, to ? dayOf(to) + 1 : null];
    return [from ? Number(from) : null, to ? Number(to) : null];
  }

  #write([low, high]) {
    const text = (value) => (value === null ? "" : this.#isDay ? isoOf(value) : String(value));
    this.#from.value = text(low);
    this.#to.value = text(this.#isDay && high !== null ? high - 1 : high);
  }

  #read() {
    this.#wrong.textContent = this.#problem();
    this.#wrong.hidden = !this.#wrong.textContent;
    if (this.#wrong.hidden) this.#change(this.#isDay ? days(this.#from.value, this.#to.value) : numbers(this.#from.value, this.#to.value));
  }

  #problem() {
    const [from, to] = [this.#from, this.#to];
    if (from.validity.badInput || to.validity.badInput) return this.#isDay ? "Enter a whole date." : "Enter a number.";
    if (from.validity.stepMismatch || to.validity.stepMismatch) return "Enter a whole number.";
    const reversed = this.#isDay ? from.value > to.value : Number(from.value) > Number(to.value);
    return from.value && to.value && reversed ? "The start lies past the end." : "";
  }
}

/** Words that a text field must hold. `change` takes the condition or null. */
export class Words {
  isEmpty = false;
  #box;

  constructor({ name }, change) {
    const read = () => change(this.#box.value.trim() ? { match: this.#box.value.trim() } : null);
    this.#box = el("input", { type: "text", name: `${name}.words`, dir: "auto", autocomplete: "off", change: read });
    this.element = el("div", { class: "words" }, el("label", {}, `Words in ${labelOf(name).toLowerCase()}`, this.#box));
  }

  show(condition) {
    fill(this.#box, condition?.match ?? "");
  }
}

/** Set the value, except where someone is typing another. */
function fill(box, value) {
  if (box !== document.activeElement) box.value = value;
}

function numbers(from, to) {
  const condition = {};
  if (from) condition.gte = Number(from);
  if (to) condition.lte = Number(to);
  return from || to ? condition : null;
}

function days(from, to) {
  const condition = {};
  if (from) condition.gte = from;
  if (to) condition.lt = dayAfter(to);
  return from || to ? condition : null;
}
