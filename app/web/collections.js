// The menu of collections; a plain name where there is only one.

import { counted } from "./conditions.js";
import { byId, el } from "./dom.js";

export class CollectionMenu {
  #select = byId("collection");
  #names = [];

  constructor({ onChoose }) {
    this.#select.addEventListener("change", () => onChoose(this.#select.value));
  }

  fill(collections) {
    this.#names = collections.map((one) => one.name);
    const options = collections.map(({ name, count }) =>
      el("option", { value: name, text: `${name} (${counted(count)})` }),
    );
    this.#select.replaceChildren(...options);
    byId("collection-box").hidden = !options.length;
  }

  /** The collection to show where the address names none. */
  get first() {
    return this.#names[0] ?? null;
  }

  has(name) {
    return this.#names.includes(name);
  }

  set chosen(name) {
    this.#select.value = name;
  }
}
