// The filter panel, built from the fields that the collection declares.

import { counted, labelOf, shown, valuesOf, withValue } from "./conditions.js";
import { byId, el } from "./dom.js";
import { rangeBody, wordsBody } from "./bounds.js";

const SHORT = 7; // values shown before 'Show all'
const OPEN_AT_FIRST = 4;
const RANGES = new Set(["integer", "float", "datetime"]);

/** onChange(filter): the person changed the filter. */
export class Filters {
  #form = byId("filters");
  #onChange;
  #fields = [];
  #filter = {};
  #facets = {};
  #expanded = new Set();
  #folded = new Map(); // by field: whether the person opened or closed it

  constructor({ onChange }) {
    this.#onChange = onChange;
    this.#form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** Another collection: start over with its fields. */
  reset(fields) {
    this.#fields = fields;
    this.#facets = {};
    this.#expanded.clear();
    this.#folded.clear();
  }

  /** Show the fields with `filter`; facets of an earlier call stay where none come. The sections shown. */
  show(filter, facets = {}) {
    this.#filter = filter;
    this.#facets = { ...this.#facets, ...facets };
    const restore = rememberFocus(this.#form);
    const sections = this.#fields.map((field) => this.#section(field)).filter(Boolean);
    this.#form.replaceChildren(...sections);
    sections.forEach((section, index) => {
      const field = section.dataset.field;
      section.open = this.#folded.get(field) ?? (index < OPEN_AT_FIRST || field in filter);
      section.firstChild.addEventListener("click", () => this.#folded.set(field, !section.open));
    });
    restore();
    return sections.length;
  }

  /** Say that the values and counts did not come. */
  fail(problem) {
    const text = `The values to filter by did not come: ${problem.message} ${problem.hint ?? ""}`;
    this.#form.prepend(el("p", { class: "quiet", role: "alert", text }));
  }

  #section(field) {
    const body = this.#body(field);
    return (
      body &&
      el(
        "details",
        { "data-field": field.name },
        el("summary", {}, el("span", { dir: "auto", text: labelOf(field.name) })),
        el("div", { class: "body", role: "group", "aria-label": labelOf(field.name) }, ...body),
      )
    );
  }

  #body(field) {
    const condition = this.#filter[field.name];
    const change = (next) => this.#change(field.name, next);
    if (field.chosen) return this.#choices(field.name);
    if (RANGES.has(field.kind)) return [rangeBody(field, condition, change)];
    if (field.kind === "text") return [wordsBody(field, condition, change)];
    return null; // places need a map
  }

  #choices(field) {
    const offered = this.#facets[field] ?? [];
    const chosen = valuesOf(this.#filter, field);
    const lost = chosen.filter((value) => !offered.some((one) => one.value === value));
    const all = [...lost.map((value) => ({ value, count: 0 })), ...offered];
    if (!all.length) return null;
    const long = all.length > SHORT + 2 && !this.#expanded.has(field);
    const rows = all
      .filter((one, index) => !long || index < SHORT || chosen.includes(one.value))
      .map((one) => this.#choice(field, one, chosen.includes(one.value)));
    return [...rows, long ? this.#showAll(field, all.length) : null];
  }

  #choice(field, { value, count }, checked) {
    const box = el("input", {
      type: "checkbox",
      name: field,
      value: String(value),
      change: () => this.#onChange(withValue(this.#filter, field, value, box.checked)),
    });
    box.checked = checked;
    return el(
      "label",
      { class: "choice" },
      box,
      el("span", { class: "value", dir: "auto", text: shown(value) }),
      el("span", { class: "count quiet", text: counted(count) }),
    );
  }

  #showAll(field, count) {
    const expand = () => {
      this.#expanded.add(field);
      this.show(this.#filter);
    };
    return el("button", { type: "button", class: "all", text: `Show all ${count}`, click: expand });
  }

  #change(field, condition) {
    const { [field]: _, ...rest } = this.#filter;
    this.#onChange(condition === null ? rest : { ...rest, [field]: condition });
  }
}

/** A function that gives the keyboard, and what is half typed, back to the same control after a redraw. */
function rememberFocus(form) {
  const active = document.activeElement;
  const field = form.contains(active) && active.closest("[data-field]")?.dataset.field;
  if (!field) return () => {};
  const typed = active.matches("input:not([type=checkbox])") ? active.value : null;
  const value = active.type === "checkbox" ? `[value="${CSS.escape(active.value)}"]` : "";
  const control = active.name ? `[name="${CSS.escape(active.name)}"]${value}` : "summary";
  return () => {
    const again = form.querySelector(`[data-field="${CSS.escape(field)}"] ${control}`);
    if (again && typed) again.value = typed;
    again?.focus({ preventScroll: true });
  };
}
