// The filter panel, built from the fields that the collection declares.

import { Range, Words } from "./bounds.js";
import { Choices } from "./choices.js";
import { labelOf, withCondition } from "./conditions.js";
import { byId, el } from "./dom.js";
import { Switch } from "./switch.js";

const OPEN_AT_FIRST = 4;
const RANGES = new Set(["integer", "float", "datetime"]);

/** onChange(filter): the person changed the filter. */
export class Filters {
  #form = byId("filters");
  #onChange;
  #sections = []; // {name, details, control}; they stay, so that the keyboard never loses its place
  #filter = {};

  constructor({ onChange }) {
    this.#onChange = onChange;
    this.#form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** Another collection: start over with its fields. */
  reset(fields) {
    this.#sections = fields.map((field) => this.#section(field)).filter(Boolean);
    this.#form.replaceChildren(...this.#sections.map((section) => section.details));
    this.#form.hidden = true; // until the first counts are there: sections would jump
  }

  /**
   * Show `filter`; values of an earlier call stay where none come. `offered`: by field its values
   * with counts, or its bins. The number of sections shown.
   */
  show(filter, offered = null) {
    this.#filter = filter;
    if (offered) this.#form.hidden = false;
    this.#form.querySelector(":scope > [role=alert]")?.remove();
    let shown = 0;
    for (const { name, details, control } of this.#sections) {
      control.show(filter[name], offered?.[name]);
      details.hidden = control.isEmpty;
      if (control.isEmpty || this.#form.hidden) continue;
      if (!details.dataset.placed) details.open = shown < OPEN_AT_FIRST || name in filter;
      details.dataset.placed = "yes"; // from now on the person opens and closes it
      shown += 1;
    }
    return shown;
  }

  /** Say that the values and counts did not come. */
  fail(problem) {
    const text = `The values to filter by did not come: ${problem.message} ${problem.hint ?? ""}`;
    this.#form.hidden = false;
    this.#form.prepend(el("p", { class: "quiet", role: "alert", text }));
  }

  #section(field) {
    const control = this.#control(field);
    if (!control) return null;
    const details = el(
      "details",
      { "data-field": field.name },
      el("summary", {}, el("span", { dir: "auto", text: labelOf(field.name) })),
      el("div", { class: "body", role: "group", "aria-label": labelOf(field.name) }, control.element),
    );
    return { name: field.name, details, control };
  }

  #control(field) {
    const change = (condition) => this.#onChange(withCondition(this.#filter, field.name, condition));
    if (field.kind === "bool") return new Switch(field, change);
    if (field.chosen) return new Choices(field, change);
    if (RANGES.has(field.kind)) return new Range(field, change);
    return field.kind === "text" ? new Words(field, change) : null; // places need a map
  }
}
