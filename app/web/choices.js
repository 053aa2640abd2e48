// The values of a field to choose from, with their counts.

import { counted, shown, valuesOf } from "./conditions.js";
import { el } from "./dom.js";
import { hexOf } from "./palette.js";

const SHORT = 7; // values shown before 'Show more'
const MOST = 100; // values that the service counts

/** `change` takes the condition: the chosen values, or null. */
export class Choices {
  element = el("div", { class: "choices" });
  #name;
  #change;
  #offered = [];
  #chosen = [];
  #expanded = false;

  constructor({ name }, change) {
    this.#name = name;
    this.#change = change;
  }

  get isEmpty() {
    return this.#rows().length === 0 || (!this.#chosen.length && this.#isNoChoice());
  }

  /** Values that tell items apart and not kinds of them: addresses, numbers of parts. */
  #isNoChoice() {
    const all = this.#offered;
    return all.every(({ value }) => /^https?:\/\//i.test(value)) || (all.length >= MOST && all.every(({ count }) => count === 1));
  }

  /** All of them are colours that we can show. */
  #areColours() {
    return this.#offered.length > 0 && this.#offered.every(({ value }) => hexOf(value));
  }

  /** `offered`: [{value, count}]; undefined keeps those of before. */
  show(condition, offered = this.#offered) {
    this.#offered = offered;
    this.#chosen = valuesOf({ condition }, "condition");
    this.#draw();
  }

  #draw() {
    const focused = this.element.contains(document.activeElement) ? document.activeElement.value : null;
    const all = this.#rows();
    const colours = this.#areColours();
    this.element.classList.toggle("swatches", colours);
    const long = all.length > SHORT + 2 && !this.#expanded && !colours;
    const rows = long ? all.filter((one, index) => index < SHORT || this.#chosen.includes(one.value)) : all;
    this.element.replaceChildren(...rows.map((one) => this.#row(one)));
    if (long) this.element.append(this.#showMore(all.length - rows.length));
    if (focused) this.#box(focused)?.focus({ preventScroll: true });
  }

  /** What is offered, after what is chosen and no longer there. */
  #rows() {
    const lost = this.#chosen.filter((value) => !this.#offered.some((one) => one.value === value));
    return [...lost.map((value) => ({ value, count: 0 })), ...this.#offered];
  }

  #row({ value, count }) {
    const box = el("input", {
      type: "checkbox",
      name: this.#name,
      value: String(value),
      change: () => this.#choose(value, box.checked),
    });
    box.checked = this.#chosen.includes(value);
    const colour = hexOf(value);
    if (colour) box.style.setProperty("--colour", colour);
    return el(
      "label",
      { class: "choice" },
      box,
      el("span", { class: "value", dir: "auto", text: shown(value) }),
      el("span", { class: "count quiet", text: counted(count) }),
    );
  }

  #choose(value, chosen) {
    const others = this.#chosen.filter((one) => one !== value);
    const values = chosen ? [...others, value] : others;
    this.#change(values.length ? values : null);
  }

  #showMore(count) {
    const expand = () => {
      this.#expanded = true;
      this.#draw();
      this.element.querySelectorAll("input")[SHORT]?.focus();
    };
    return el("button", { class: "all", text: `Show ${count} more`, click: expand });
  }

  #box(value) {
    return [...this.element.querySelectorAll("input")].find((box) => box.value === value);
  }
}
