// The results as tiles in rows. However many there are, only those in and near the window are in the
// document: the place of each is computed, so nothing jumps and two thousand scroll like forty.

import { counted, shown } from "./conditions.js";
import { byId, el, icon, iconButton } from "./dom.js";
import { toneOf } from "./palette.js";
import { layRows, placeTiles } from "./rows.js";

const AHEAD = 1200; // px above and below the window that are kept drawn
const NEAR_END = 0.9; // windows before the end at which more is asked for

/** onOpen(hit), onSimilar(hit): what a tile's two buttons do. onNearEnd(): the end is in reach. */
export class Grid {
  #list = byId("grid");
  #on;
  #hits = [];
  #places = [];
  #drawn = new Map(); // index -> tile
  #pending = 0;
  #also = null;

  constructor(on) {
    this.#on = on;
    this.#list.addEventListener("keydown", (event) => this.#arrow(event));
    window.addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.#lay()).observe(this.#list);
  }

  set busy(busy) {
    this.#list.setAttribute("aria-busy", String(busy));
  }

  /** `below`: they are what comes nearest where nothing matches. */
  show(hits, { below = false } = {}) {
    this.#list.classList.toggle("below", below);
    for (const tile of this.#drawn.values()) tile.remove();
    this.#drawn.clear();
    this.#hits = hits;
    this.#lay();
  }

  /** A field whose value stands below each title, or null. */
  set also(field) {
    if (field === this.#also) return;
    this.#also = field;
    this.#list.classList.toggle("with-also", field !== null);
    this.show(this.#hits, { below: this.#list.classList.contains("below") });
  }

  /** Add the next page; what is drawn stays as it is. */
  append(hits) {
    this.#hits = [...this.#hits, ...hits];
    this.#lay();
  }

  /** See whether more has to be drawn, or asked for. */
  look() {
    this.#soon();
  }

  /** Place of the first tile that shows below the header, from 0. */
  get at() {
    const edge = window.scrollY + document.querySelector(".header").offsetHeight - this.#top();
    const first = this.#places.findIndex(({ top, height }) => top + height / 2 > edge);
    return Math.max(0, first);
  }

  /** Bring the tile at a place, or the last one, to the top of the window. */
  scrollTo(at) {
    const place = this.#places[Math.min(at, this.#places.length - 1)];
    const header = document.querySelector(".header").offsetHeight + 12;
    if (place) window.scrollTo(0, this.#top() + place.top - header);
  }

  /** Put the keyboard on the tile of an item, wherever it is. */
  focus(id) {
    this.#focusOn(this.#hits.findIndex((hit) => hit.id === id));
  }

  #focusOn(index) {
    const place = this.#places[index];
    if (!place) return;
    const top = this.#top() + place.top;
    const header = document.querySelector(".header").offsetHeight + 12;
    const above = top < window.scrollY + header;
    const below = top + place.height + 40 > window.scrollY + window.innerHeight;
    if (above) window.scrollTo(0, top - header);
    else if (below) window.scrollTo(0, top + place.height + 60 - window.innerHeight);
    this.#draw();
    this.#drawn.get(index)?.querySelector(".open").focus({ preventScroll: true });
  }

  #lay() {
    const style = getComputedStyle(this.#list);
    const length = (name) => parseFloat(style.getPropertyValue(name));
    const width = this.#list.clientWidth;
    const sides = { widest: length("--widest"), slimmest: 0.6 };
    const gap = length("--gap");
    const row = Math.min(length("--row-most"), Math.max(length("--row-least"), (length("--row-share") * window.innerWidth) / 100));
    const ratios = this.#hits.map(ratioOf);
    const rows = layRows(ratios, { width, row, gap, ...sides });
    const { places, height } = placeTiles(ratios, rows, { gap, below: length("--below"), ...sides });
    this.#places = places;
    this.#list.style.height = `${height}px`;
    this.#list.dataset.count = this.#hits.length;
    for (const [index, tile] of this.#drawn) this.#put(tile, places[index]);
    this.#draw();
  }

  #put(tile, { left, top, width, height }) {
    tile.style.insetInlineStart = `${left}px`;
    tile.style.top = `${top}px`;
    tile.style.width = `${width}px`;
    tile.style.setProperty("--height", `${height}px`);
  }

  #soon() {
    if (!this.#pending) this.#pending = requestAnimationFrame(() => this.#draw());
  }

  /** Draw what is near the window, and take away what is far from it. */
  #draw() {
    cancelAnimationFrame(this.#pending);
    this.#pending = 0;
    const from = window.scrollY - this.#top() - AHEAD;
    const to = from + window.innerHeight + 2 * AHEAD;
    const wanted = (place) => place.top < to && place.top + place.height > from;
    for (const [index, tile] of this.#drawn) {
      if (wanted(this.#places[index]) || tile.contains(document.activeElement)) continue;
      tile.remove();
      this.#drawn.delete(index);
    }
    let before = null;
    for (const [index, place] of this.#places.entries()) {
      if (!this.#drawn.has(index)) {
        if (!wanted(place)) continue;
        this.#drawn.set(index, this.#tile(this.#hits[index], index));
      }
      const tile = this.#drawn.get(index);
      if (!tile.isConnected) before ? before.after(tile) : this.#list.prepend(tile);
      before = tile;
    }
    const end = this.#top() + this.#list.offsetHeight;
    if (this.#hits.length && end - window.scrollY < (1 + NEAR_END) * window.innerHeight) this.#on.onNearEnd();
  }

  #top() {
    return this.#list.getBoundingClientRect().top + window.scrollY;
  }

  #tile(hit, index) {
    const title = titleOf(hit);
    const tile = el(
      "li",
      { class: "tile", "data-id": hit.id, "data-index": index, "aria-posinset": index + 1, "aria-setsize": -1 },
      el(
        "button",
        { class: "open", "aria-haspopup": "dialog", click: () => this.#on.onOpen(hit) },
        frame(hit, hit.alike > 0 && el("span", { class: "alike", text: alikeText(hit.alike), title: "Near-duplicates that stand behind it" })),
        el("span", { class: "caption" }, titleElement("span", hit), scoreElement(hit)),
        this.#also && el("span", { class: "also quiet", dir: "auto", text: alsoText(hit.payload?.[this.#also]) }),
      ),
      iconButton("similar", `More like ${title}`, () => this.#on.onSimilar(hit), { class: "plain similar", title: "More like this" }),
    );
    this.#put(tile, this.#places[index]);
    return tile;
  }

  #arrow(event) {
    const here = event.target.closest(".open");
    if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = Number(here.closest(".tile").dataset.index);
    const forward = getComputedStyle(this.#list).direction === "rtl" ? -1 : 1;
    const steps = {
      ArrowRight: () => at + forward,
      ArrowLeft: () => at - forward,
      ArrowDown: () => this.#beyond(at, 1),
      ArrowUp: () => this.#beyond(at, -1),
      Home: () => 0,
      End: () => this.#hits.length - 1,
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    this.#focusOn(step());
  }

  /** Index of the tile of the next row whose middle is nearest to that of tile `at`. */
  #beyond(at, direction) {
    const from = this.#places[at];
    const middle = ({ left, width }) => left + width / 2;
    let best = -1;
    for (let index = at; this.#places[index]; index += direction) {
      const place = this.#places[index];
      if (place.top === from.top) continue;
      if (best >= 0 && place.top !== this.#places[best].top) break; // past the next row
      const off = (one) => Math.abs(middle(one) - middle(from));
      if (best < 0 || off(place) < off(this.#places[best])) best = index;
    }
    return best;
  }
}

/** '3 like this': the near-duplicates that were folded behind a hit. */
export const alikeText = (count) => `${counted(count)} like this`;

/** A picture in its frame, and what lies over it; an icon where there is none or it can't be loaded. */
export function frame(hit, over = null) {
  const box = el("span", { class: "frame" });
  const tone = toneOf(hit);
  if (tone) box.style.setProperty("--tone", tone);
  const missing = () => {
    box.classList.add("empty");
    box.replaceChildren(icon("missing"), over || "");
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
    decoding: "async",
    draggable: "false",
    load: () => image.classList.remove("waiting"),
    error: missing,
  });
  image.src = hit.thumbnail;
  box.append(image, over || "");
  return box;
}

/** A field's value as a line of text; a date without its time. */
function alsoText(value) {
  const text = [value ?? []].flat().map(shown).join(", ");
  return text.replace(/^(\d{4}-\d\d-\d\d)T[\d:.]+Z?$/, "$1") || "–";
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
