// Where the filters stand: a column beside the results on a wide page, else a sheet from below.

import { counted } from "./conditions.js";
import { byId } from "./dom.js";

const WIDE = "(min-width: 1000px)"; // as in filters.css

export class Panel {
  #wide = window.matchMedia(WIDE);
  #sheet = byId("sheet");
  #filled = false;

  constructor() {
    this.#wide.addEventListener("change", () => this.#place());
    byId("show-filters").addEventListener("click", () => this.#sheet.showModal());
    for (const id of ["sheet-close", "sheet-done"]) byId(id).addEventListener("click", () => this.#sheet.close());
    this.#sheet.addEventListener("click", (event) => {
      if (event.target === this.#sheet) this.#sheet.close();
    });
    this.#place();
  }

  /** Whether there is anything to filter by. */
  set filled(filled) {
    this.#filled = filled;
    document.querySelector(".page").classList.toggle("with-filters", filled);
    this.#place();
  }

  /** The number of items that the sheet's button promises. */
  set total(total) {
    byId("sheet-done").textContent = total === 1 ? "Show 1 item" : `Show ${counted(total)} items`;
  }

  #place() {
    const wide = this.#wide.matches;
    const place = byId(wide ? "sidebar" : "sheet-body");
    const form = byId("filters");
    if (form.parentElement !== place) place.append(form);
    if (this.#sheet.open && (wide || !this.#filled)) this.#sheet.close();
    byId("show-filters").hidden = wide || !this.#filled;
  }
}
