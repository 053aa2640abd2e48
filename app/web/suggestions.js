// What may be meant, while one types: suggestions of the service, and without words the last
// searches. A list box beside the search box, by the combobox pattern of ARIA 1.2.

import { Problem, isAborted, suggest } from "./api.js";
import { byId, el } from "./dom.js";
import { hintsFor } from "./hints.js";
import { forget, recent } from "./recent.js";

const PAUSE_MS = 120; // between the last keystroke and the request
const UNREADY_MS = 500; // until the service, which is gathering its texts, is asked again
const KINDS = { title: "title", tag: "tag", value: "", query: "searched before", field: "field", recent: "searched before" };

/** onTake(words): a suggestion was taken that is to be searched for. */
export class Suggestions {
  #input;
  #onTake;
  #list = byId("suggestions");
  #collection = null;
  types = {}; // of the collection's fields, by name
  #options = []; // [{text, box, kind, field, count}], as shown
  #active = -1;
  #timer = 0;
  #asking = new AbortController();

  constructor({ input, onTake }) {
    this.#input = input;
    this.#onTake = onTake;
    input.addEventListener("input", (event) => event.isComposing || this.#later());
    input.addEventListener("compositionend", () => this.#later());
    input.addEventListener("click", () => this.#isOpen || this.#ask());
    input.addEventListener("blur", () => this.close());
    input.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
    this.#list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#take(Number(option.dataset.place));
    });
  }

  set collection(name) {
    if (name !== this.#collection) this.close();
    this.#collection = name;
  }

  close() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#show([]);
  }

  get #isOpen() {
    return !this.#list.hidden;
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  async #ask() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const words = this.#input.value;
    if (!this.#collection) return;
    if (!words.trim()) return this.#show(lastSearches(this.#collection));
    try {
      const answer = await suggest(this.#collection, words, signal);
      if (this.#input.value !== words || document.activeElement !== this.#input) return;
      this.#show(optionsOf(answer, words, hintsFor(words, this.types)));
      if (!answer.ready) this.#timer = setTimeout(() => this.#ask(), UNREADY_MS);
    } catch (problem) {
      if (isAborted(problem)) return;
      if (!(problem instanceof Problem)) throw problem;
      this.#show([]); // the search itself, which follows, says what is wrong
    }
  }

  #show(options) {
    this.#options = options;
    this.#list.replaceChildren(...options.map(optionNode));
    this.#list.hidden = !options.length;
    this.#input.setAttribute("aria-expanded", String(options.length > 0));
    this.#activate(-1);
  }

  #activate(place) {
    this.#active = place;
    for (const [at, node] of [...this.#list.children].entries()) node.setAttribute("aria-selected", String(at === place));
    if (place < 0) this.#input.removeAttribute("aria-activedescendant");
    else this.#input.setAttribute("aria-activedescendant", this.#list.children[place].id);
    this.#list.children[place]?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#move(event);
    else if (event.key === "Enter" && this.#active >= 0) {
      event.preventDefault();
      this.#take(this.#active);
    } else if (event.key === "Escape" && this.#isOpen) {
      event.preventDefault();
      this.close();
    }
  }

  #move(event) {
    event.preventDefault();
    if (!this.#isOpen) return this.#ask();
    const count = this.#options.length;
    const step = event.key === "ArrowDown" ? 1 : -1;
    // Between the last and the first lies the box itself.
    this.#activate(((this.#active + 1 + step + count + 1) % (count + 1)) - 1);
  }

  #take(place) {
    const { kind, box } = this.#options[place];
    this.close();
    if (kind === "forget") return forget(this.#collection);
    this.#input.value = box;
    if (kind !== "field" && kind !== "hint") return this.#onTake(box);
    this.#input.setSelectionRange(box.length, box.length);
    this.#ask(); // its values
  }
}

function lastSearches(collection) {
  const texts = recent(collection);
  const options = texts.map((text) => ({ text, box: text, kind: "recent" }));
  return texts.length ? [...options, { text: "Forget these searches", kind: "forget" }] : [];
}

function optionsOf({ suggestions, corrected }, words, hints) {
  const known = suggestions.some(({ box }) => box.toLowerCase() === corrected?.toLowerCase());
  const meant = corrected && !known ? [{ text: corrected, box: corrected, kind: "spelling" }] : [];
  const same = words.trim().toLowerCase();
  return [...meant, ...suggestions, ...hints].filter(({ box }) => box.trim().toLowerCase() !== same);
}

function optionNode({ text, kind, field, count, note: hint }, place) {
  const origin = hint ? hint : kind === "spelling" ? "did you mean" : (kind === "value" ? field : KINDS[kind]);
  const note = [origin, count > 1 && kind === "value" ? String(count) : ""].filter(Boolean).join(" · ");
  return el(
    "li",
    { id: `suggestion-${place}`, class: `suggestion ${kind}`, role: "option", "aria-selected": "false", "data-place": place },
    el("span", { class: "text", dir: "auto", text }),
    note && el("span", { class: "quiet", text: note }),
  );
}
