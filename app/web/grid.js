// The results as tiles in rows; their space is reserved before a thumbnail comes.

import { byId, el, icon, iconButton } from "./dom.js";

const EAGER = 12; // tiles that are surely in sight at first

/** onOpen(hit), onSimilar(hit): what a tile's two buttons do. */
export class Grid {
  #list = byId("grid");
  #onOpen;
  #onSimilar;

  constructor({ onOpen, onSimilar }) {
    this.#onOpen = onOpen;
    this.#onSimilar = onSimilar;
    this.#list.addEventListener("keydown", (event) => this.#arrow(event));
  }

  set busy(busy) {
    this.#list.setAttribute("aria-busy", String(busy));
  }

  show(hits) {
    this.#list.replaceChildren(...hits.map((hit, index) => this.#tile(hit, index)));
  }

  /** Add the next page and put the keyboard on its first tile where it was on the button. */
  append(hits, { focus }) {
    const tiles = hits.map((hit) => this.#tile(hit, EAGER));
    this.#list.append(...tiles);
    if (focus) tiles[0]?.querySelector(".open").focus({ preventScroll: true });
  }

  /** Put the keyboard on the tile of an item. */
  focus(id) {
    const tile = [...this.#list.children].find((one) => one.dataset.id === id);
    tile?.querySelector(".open").focus();
  }

  #tile(hit, index) {
    const title = titleOf(hit);
    const tile = el(
      "li",
      { class: "tile", "data-id": hit.id },
      el(
        "button",
        { type: "button", class: "open", "aria-haspopup": "dialog", click: () => this.#onOpen(hit) },
        frame(hit, { lazy: index >= EAGER }),
        el("span", { class: "caption" }, titleElement("span", hit), scoreElement(hit)),
      ),
      iconButton("similar", `More like ${title}`, () => this.#onSimilar(hit), { class: "plain similar", title: "More like this" }),
    );
    tile.style.setProperty("--ratio", ratioOf(hit));
    return tile;
  }

  #arrow(event) {
    const here = event.target.closest(".open");
    if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = [...this.#list.querySelectorAll(".open")];
    const at = all.indexOf(here);
    const forward = getComputedStyle(this.#list).direction === "rtl" ? -1 : 1;
    const steps = {
      ArrowRight: () => all[at + forward],
      ArrowLeft: () => all[at - forward],
      ArrowDown: () => nearest(here, all.slice(at + 1), 1),
      ArrowUp: () => nearest(here, all.slice(0, at).reverse(), -1),
      Home: () => all[0],
      End: () => all.at(-1),
    };
    const next = steps[event.key]?.();
    if (!(event.key in steps)) return;
    event.preventDefault();
    next?.focus();
  }
}

/** A picture in its frame; an icon where there is none or it can't be loaded. */
export function frame(hit, { lazy = false } = {}) {
  const box = el("span", { class: "frame" });
  const missing = () => {
    box.classList.add("empty");
    box.replaceChildren(icon("missing"));
  };
  if (!hit.thumbnail) {
    missing();
    return box;
  }
  const image = el("img", {
    class: "waiting",
    alt: "", // the title beside it says it
    width: hit.payload?.width ?? 320,
    height: hit.payload?.height ?? 320,
    loading: lazy && "lazy",
    decoding: "async",
    draggable: "false",
    load: () => image.classList.remove("waiting"),
    error: missing,
  });
  image.src = hit.thumbnail;
  box.append(image);
  return box;
}

export const titleOf = (hit) => (hit.title ?? "").trim() || `Untitled (${hit.id})`;

export function titleElement(tag, hit, props = {}) {
  const named = Boolean((hit.title ?? "").trim());
  return el(tag, { class: named ? "title" : "title missing", dir: "auto", text: titleOf(hit), title: titleOf(hit), ...props });
}

/** 'How well it fits' in words: {text, explanation}; null for a page that nothing was asked of. */
export function scoreOf(hit) {
  const cosine = typeof hit.score === "number" ? `cosine ${hit.score.toFixed(3)}` : "";
  if (typeof hit.relevance === "number") {
    const percent = `${Math.round(hit.relevance * 100)} %`;
    return { text: percent, explanation: ["Relevance", percent, cosine && `(${cosine})`].filter(Boolean).join(" ") };
  }
  return cosine ? { text: hit.score.toFixed(2), explanation: cosine } : null;
}

function scoreElement(hit) {
  const score = scoreOf(hit);
  return score && el("span", { class: "score quiet", text: score.text, title: score.explanation });
}

/** Width over height; 1 where they are unknown. */
export function ratioOf(hit) {
  const { width, height } = hit.payload ?? {};
  return width > 0 && height > 0 ? width / height : 1;
}

function nearest(here, others, direction) {
  const from = here.getBoundingClientRect();
  const middle = (box) => (box.left + box.right) / 2;
  let row = null;
  let best = null;
  let distance = Infinity;
  for (const other of others) {
    const box = other.getBoundingClientRect();
    if ((box.top - from.top) * direction < 4) continue; // the same row
    row ??= box.top;
    if (Math.abs(box.top - row) > 4) break; // past the next row
    const off = Math.abs(middle(box) - middle(from));
    if (off < distance) [best, distance] = [other, off];
  }
  return best;
}
