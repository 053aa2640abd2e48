// The search box: words, and the chips of the pictures and items that are searched with.

import { Chosen } from "./chosen.js";
import { byId } from "./dom.js";
import { remember } from "./recent.js";
import { Suggestions } from "./suggestions.js";

const PAUSE_MS = 300; // between the last keystroke and the search

/**
 * onWords(text, {final}): final on Enter, else while typing. onSay(part, say), onRemove(part),
 * onRegion(part, region): of a chip. onClear(): the words were cleared.
 */
export class SearchBox {
  #input = byId("q");
  #clear = byId("clear");
  #chosen;
  #suggestions;
  #collection = null;
  #parts = [];
  #onWords;
  #onRemove;
  #timer = 0;

  constructor({ onWords, onSay, onRemove, onRegion, onClear }) {
    this.#onWords = onWords;
    this.#onRemove = onRemove;
    const remove = (one) => {
      onRemove(one);
      this.focus();
    };
    this.#chosen = new Chosen({ onSay, onRemove: remove, onRegion });
    this.#suggestions = new Suggestions({
      input: this.#input,
      onTake: (words) => this.#submit(words),
    });
    this.#input.addEventListener("change", () => this.#remember()); // left, or sent
    this.#input.addEventListener("input", (event) => this.#typed(event));
    this.#input.addEventListener("compositionend", () => this.#later());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(this.#input.value);
    });
    this.#clear.addEventListener("click", () => {
      this.#cancel();
      this.#suggestions.close();
      this.#input.value = "";
      this.#input.focus();
      onClear();
    });
    document.addEventListener("keydown", (event) => {
      const writing = event.target.closest?.("input, select, textarea, dialog[open]");
      if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        this.#input.select();
      }
    });
  }

  /** Show the words and the chips of `view`; titleOf(id) names an item, null while unknown. */
  show(view, titleOf) {
    this.#cancel();
    if (this.#input.value.trim() !== view.q.trim()) this.#input.value = view.q;
    this.#parts = view.parts;
    this.#collection = view.collection;
    this.#suggestions.collection = view.collection;
    this.#chosen.show(view.collection, view.parts, titleOf);
    this.#input.placeholder = view.parts.length ? "Add words" : "Search by words or picture";
    this.#clear.hidden = !this.#input.value;
  }

  /** Types of the collection's fields, by name: what the grammar offers depends on them. */
  set types(types) {
    this.#suggestions.types = types;
  }

  focus() {
    this.#input.focus();
  }

  #submit(words) {
    this.#cancel();
    this.#suggestions.close();
    this.#clear.hidden = !words;
    this.#remember();
    this.#onWords(words, { final: true });
  }

  #remember() {
    if (this.#collection) remember(this.#collection, this.#input.value);
  }

  #typed(event) {
    this.#clear.hidden = !this.#input.value;
    if (!event.isComposing) this.#later();
  }

  #key(event) {
    const atStart = !this.#input.value && event.key === "Backspace" && !event.isComposing;
    if (atStart && this.#parts.length) this.#onRemove(this.#parts.at(-1));
  }

  #later() {
    this.#cancel();
    this.#timer = setTimeout(() => this.#onWords(this.#input.value, { final: false }), PAUSE_MS);
  }

  #cancel() {
    clearTimeout(this.#timer);
  }
}
