// The parts of the filter panel that are typed in: from and to, and words.

import { dayAfter, labelOf, lastDay } from "./conditions.js";
import { el } from "./dom.js";

/** From and to, both inclusive; days for a datetime. `change` takes the condition or null. */
export class Range {
  isEmpty = false;
  #isDay;
  #change;
  #from;
  #to;
  #wrong = el("p", { class: "wrong", role: "alert", hidden: true });

  constructor({ name, kind }, change) {
    this.#isDay = kind === "datetime";
    this.#change = change;
    const props = this.#isDay ? { type: "date" } : { type: "number", step: kind === "integer" ? "1" : "any" };
    const input = (side) => el("input", { ...props, name: `${name}.${side}`, autocomplete: "off", change: () => this.#read() });
    this.#from = input("from");
    this.#to = input("to");
    this.element = el(
      "div",
      { class: "range" },
      el("label", {}, "From", this.#from),
      el("label", {}, "To", this.#to),
      this.#wrong,
    );
  }

  show(condition) {
    const { gte, gt, lte, lt } = condition ?? {};
    const low = gte ?? gt ?? "";
    const high = lte ?? (this.#isDay && lt ? lastDay(lt) : (lt ?? ""));
    fill(this.#from, this.#isDay ? low.slice(0, 10) : low);
    fill(this.#to, this.#isDay ? high.slice(0, 10) : high);
    this.#wrong.hidden = !this.#problem();
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
