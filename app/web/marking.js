// Marking a part of a picture: a box that is drawn, moved and sized by pointer or by keys.

import { el, icon } from "./dom.js";

const LEAST = 0.05; // of a side: less shows nothing
const STEP = 0.02;
const START = { x: 0.25, y: 0.25, w: 0.5, h: 0.5 };
const HELP = "Arrow keys move the marked part, with Shift they change its size; Enter searches for it.";
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The buttons to the picture in `frame`, an <img> or <canvas> shown whole. onFind(region) when a
 * marked part is to be searched for: left, top, width and height as shares of the picture's.
 */
export class Marking {
  element = el("div", { class: "mark-tool" });
  #frame;
  #onFind;
  #layer = null;
  #box;
  #region;
  #drag = null; // while the pointer is down, what a place of it makes the region
  #resized = new ResizeObserver(() => this.#place());

  constructor(frame, onFind) {
    this.#frame = frame;
    this.#onFind = onFind;
    this.stop();
  }

  get isActive() {
    return this.#layer !== null;
  }

  start() {
    this.#box = el("span", { class: "mark", role: "group", tabindex: "0", "aria-describedby": "mark-help", keydown: (event) => this.#key(event) });
    this.#box.append(...["nw", "ne", "sw", "se"].map((corner) => el("i", { "data-corner": corner })));
    const rest = () => (this.#drag = null);
    this.#layer = el(
      "span",
      { class: "marking", pointerdown: (event) => this.#take(event), pointermove: (event) => this.#drag?.(this.#at(event)), pointerup: rest, pointercancel: rest },
      this.#box,
      el("span", { id: "mark-help", class: "hidden-visually", text: HELP }),
    );
    this.#frame.append(this.#layer);
    this.#resized.observe(this.#frame);
    this.#place();
    this.#show(START);
    this.element.replaceChildren(
      el("button", { class: "button small primary", text: "Find this part", click: () => this.#onFind(this.#region) }),
      el("button", { class: "button small", text: "Cancel", click: () => this.stop().focus() }),
    );
    this.#box.focus({ preventScroll: true });
  }

  /** End it; the button that starts it. */
  stop() {
    this.#resized.disconnect();
    this.#layer?.remove();
    this.#layer = null;
    const button = el("button", { class: "button small", click: () => this.start() }, icon("crop"), "Find a part of it");
    this.element.replaceChildren(button);
    return button;
  }

  /** Lay the layer over what the picture covers of its frame. */
  #place() {
    const picture = this.#frame.querySelector("img, canvas");
    const { clientWidth, clientHeight, naturalWidth = picture.width, naturalHeight = picture.height } = picture;
    const scale = Math.min(clientWidth / naturalWidth, clientHeight / naturalHeight);
    const [width, height] = [naturalWidth * scale, naturalHeight * scale];
    const lengths = { width, height, left: (clientWidth - width) / 2, top: (clientHeight - height) / 2 };
    for (const [name, length] of Object.entries(lengths)) this.#layer.style[name] = `${length}px`;
  }

  #show({ x, y, w, h }) {
    const [width, height] = [bounded(w, LEAST, 1), bounded(h, LEAST, 1)];
    const lengths = { left: bounded(x, 0, 1 - width), top: bounded(y, 0, 1 - height), width, height };
    for (const [name, share] of Object.entries(lengths)) this.#box.style[name] = `${share * 100}%`;
    const [left, top, across, down] = Object.values(lengths).map((share) => Math.round(share * 1000) / 1000);
    this.#region = { x: left, y: top, w: across, h: down };
    const percent = (share) => `${Math.round(share * 100)} %`;
    this.#box.setAttribute("aria-label", `Marked: ${percent(across)} by ${percent(down)}, from ${percent(left)} left, ${percent(top)} down`);
  }

  #at(event) {
    const { left, top, width, height } = this.#layer.getBoundingClientRect();
    return { x: bounded((event.clientX - left) / width, 0, 1), y: bounded((event.clientY - top) / height, 0, 1) };
  }

  #take(event) {
    if (event.button) return;
    event.preventDefault();
    this.#layer.setPointerCapture(event.pointerId);
    this.#box.focus({ preventScroll: true });
    const at = this.#at(event);
    const { x, y, w, h } = this.#region;
    if (event.target === this.#box) {
      this.#drag = (to) => this.#show({ x: x + to.x - at.x, y: y + to.y - at.y, w, h });
      return;
    }
    // Drawn anew from here, or from the corner that lies across from the one held.
    const { corner } = event.target.dataset;
    const from = corner ? { x: corner[1] === "w" ? x + w : x, y: corner[0] === "n" ? y + h : y } : at;
    this.#drag = (to) => this.#show({ x: Math.min(to.x, from.x), y: Math.min(to.y, from.y), w: Math.abs(to.x - from.x), h: Math.abs(to.y - from.y) });
  }

  #key(event) {
    const move = MOVES[event.key];
    if (!move && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation(); // the dialog's arrows go from result to result
    const { x, y, w, h } = this.#region;
    if (!move) this.#onFind(this.#region);
    else if (event.shiftKey) this.#show({ x, y, w: Math.min(w + move[0] * STEP, 1 - x), h: Math.min(h + move[1] * STEP, 1 - y) });
    else this.#show({ x: x + move[0] * STEP, y: y + move[1] * STEP, w, h });
  }
}

const bounded = (value, low, high) => Math.min(high, Math.max(low, value));
