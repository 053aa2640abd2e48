// The filters of the shown collection: panel, chips and counts, kept in step.

import { isAborted } from "./api.js";
import { showChips } from "./chips.js";
import { filterFields, loadFacets } from "./facets.js";
import { Filters } from "./filters.js";
import { loadHistograms } from "./histograms.js";
import { Panel } from "./panel.js";

export class FilterArea {
  #panel = new Panel();
  #filters;
  #onChange;
  #fields = [];
  #key = "";
  #controller = new AbortController();

  constructor({ onChange }) {
    this.#onChange = onChange;
    this.#filters = new Filters({ onChange });
  }

  /** Another collection, as the service describes it. */
  reset(info) {
    this.#fields = filterFields(info);
    this.#key = "";
    this.#filters.reset(this.#fields);
    this.#panel.filled = this.#fields.length > 0;
  }

  /** Show the filter; counts follow. */
  show(filter, types) {
    showChips(filter, types, this.#onChange);
    this.#filters.show(filter);
  }

  /** Count the values of what passes the filter and `said`, the conditions among the words, or null. */
  async count(collection, filter, said) {
    const key = JSON.stringify([collection, filter, said]);
    if (key === this.#key) return;
    this.#key = key;
    this.#controller.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    try {
      const asks = [loadFacets, loadHistograms].map((load) => load(collection, this.#fields, filter, said, signal));
      this.#panel.filled = this.#filters.show(filter, Object.assign({}, ...(await Promise.all(asks)))) > 0;
    } catch (problem) {
      if (isAborted(problem)) return;
      this.#key = ""; // the next change asks again
      this.#filters.fail(problem);
    }
  }

  set total(total) {
    this.#panel.total = total;
  }
}
