// The filters of the shown collection: panel, chips and counts, kept in step.

import { isAborted } from "./api.js";
import { showChips } from "./chips.js";
import { filterFields, isUsed, loadFacets } from "./facets.js";
import { Filters } from "./filters.js";
import { Panel } from "./panel.js";

const MAY_BE_EMPTY = "uploaded_at"; // a built-in field that many collections never fill

export class FilterArea {
  #panel = new Panel();
  #filters;
  #onChange;
  #fields = [];
  #key = "";
  #controller = new AbortController();
  #unsure = false;

  constructor({ onChange }) {
    this.#onChange = onChange;
    this.#filters = new Filters({ onChange });
  }

  /** Another collection, as the service describes it. */
  reset(info) {
    this.#fields = filterFields(info);
    this.#unsure = this.#fields.some((field) => field.name === MAY_BE_EMPTY);
    this.#key = "";
    this.#filters.reset(this.#certain());
    this.#panel.filled = this.#certain().length > 0;
  }

  /** Show the filter at once; counts follow. */
  show(collection, filter, types) {
    showChips(filter, types, this.#onChange);
    const key = JSON.stringify([collection, filter]);
    if (key === this.#key) return;
    this.#key = key;
    this.#filters.show(filter);
    this.#count(collection, filter);
  }

  set total(total) {
    this.#panel.total = total;
  }

  async #count(collection, filter) {
    this.#controller.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    try {
      const facets = await loadFacets(collection, this.#fields, filter, signal);
      if (this.#unsure && (await isUsed(collection, MAY_BE_EMPTY, signal))) this.#filters.reset(this.#fields);
      this.#unsure = false;
      this.#panel.filled = this.#filters.show(filter, facets) > 0;
    } catch (problem) {
      if (isAborted(problem)) return;
      this.#key = ""; // the next change asks again
      this.#filters.fail(problem);
    }
  }

  #certain() {
    return this.#unsure ? this.#fields.filter((field) => field.name !== MAY_BE_EMPTY) : this.#fields;
  }
}
