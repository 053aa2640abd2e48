// The search box: words, and the chip of the picture or item that is searched with.

import { thumbnailUrl } from "./api.js";
import { byId, el, icon, iconButton } from "./dom.js";
import { pictureOf } from "./picture.js";

const PAUSE_MS = 300; // between the last keystroke and the search

/** onWords(text, {final}): final on Enter, else while typing. onRemove(): the chip was removed. */
export class SearchBox {
  #input = byId("q");
  #clear = byId("clear");
  #reference = byId("reference");
  #onWords;
  #onRemove;
  #timer = 0;

  constructor({ onWords, onRemove, onClear }) {
    this.#onWords = onWords;
    this.#onRemove = onRemove;
    this.#input.addEventListener("input", (event) => this.#typed(event));
    this.#input.addEventListener("compositionend", () => this.#later());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#cancel();
      onWords(this.#input.value, { final: true });
    });
    this.#clear.addEventListener("click", () => {
      this.#cancel();
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

  /** Show the words and the chip of `view`; `title` names the item that it is like. */
  show(view, title) {
    this.#cancel();
    if (this.#input.value.trim() !== view.q.trim()) this.#input.value = view.q;
    this.#showReference(view, title);
    const withReference = !this.#reference.hidden;
    this.#input.placeholder = withReference ? "Add words" : "Search by words or picture";
    this.#clear.hidden = !this.#input.value;
  }

  focus() {
    this.#input.focus();
  }

  #typed(event) {
    this.#clear.hidden = !this.#input.value;
    if (!event.isComposing) this.#later();
  }

  #key(event) {
    const atStart = !this.#input.value && event.key === "Backspace" && !event.isComposing;
    if (atStart && !this.#reference.hidden) this.#onRemove();
  }

  #later() {
    this.#cancel();
    this.#timer = setTimeout(() => this.#onWords(this.#input.value, { final: false }), PAUSE_MS);
  }

  #cancel() {
    clearTimeout(this.#timer);
  }

  #showReference(view, title) {
    const { face, name } = referenceOf(view, title);
    this.#reference.hidden = !face;
    if (!face) return this.#reference.replaceChildren();
    this.#reference.replaceChildren(
      face,
      el("span", { class: "name", dir: "auto", text: name, title: name }),
      iconButton("close", `Search without ${name}`, () => {
        this.#onRemove();
        this.focus();
      }),
    );
  }
}

function referenceOf({ collection, like, link, picture }, title) {
  const kept = picture === null ? undefined : pictureOf(picture);
  if (kept) {
    const face = kept.face ?? blank("camera");
    face.setAttribute("aria-hidden", "true");
    return { face, name: kept.name };
  }
  if (link) return { face: blank("link"), name: link.replace(/^https?:\/\//i, "") };
  if (!like) return { face: null, name: "" };
  const face = el("img", { src: thumbnailUrl(collection, like), alt: "", width: 32, height: 32 });
  face.addEventListener("error", () => face.replaceWith(blank("similar")));
  return { face, name: `Like ${title || like}` };
}

const blank = (name) => el("span", { class: "blank" }, icon(name));
