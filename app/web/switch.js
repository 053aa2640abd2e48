// A yes-or-no field: a switch of three places, any, yes and no, with their counts.

import { counted, valuesOf } from "./conditions.js";
import { el } from "./dom.js";

const PLACES = [[null, "Any"], [true, "Yes"], [false, "No"]];

/** `change` takes the condition: [true], [false] or null. */
export class Switch {
  element = el("div", { class: "switch" });
  #counts = [];
  #chosen = null;
  #inputs;
  #notes;

  constructor({ name }, change) {
    this.#inputs = PLACES.map(([value]) => el("input", { type: "radio", name: `filter.${name}`, change: () => change(value === null ? null : [value]) }));
    this.#notes = PLACES.map(() => el("span", { class: "count" }));
    this.element.append(...PLACES.map(([, text], at) => el("label", {}, this.#inputs[at], el("span", {}, text, " ", this.#notes[at]))));
  }

  get isEmpty() {
    return !this.#counts.length && this.#chosen === null;
  }

  /** `counts`: [{value, count}]; undefined keeps those of before. */
  show(condition, counts = this.#counts) {
    this.#counts = counts;
    const values = valuesOf({ condition }, "condition");
    this.#chosen = values.length === 1 && typeof values[0] === "boolean" ? values[0] : null;
    for (const [at, [value]] of PLACES.entries()) {
      this.#inputs[at].checked = value === this.#chosen;
      this.#notes[at].textContent = value === null ? "" : counted(counts.find((one) => one.value === value)?.count ?? 0);
    }
  }
}
