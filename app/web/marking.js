// Marking a part of a picture: a box that is drawn, moved and sized by pointer or by keys.

import { el } from "./dom.js";

const LEAST = 0.05; // of a side: less shows nothing
const STEP = 0.02;
const START = Object.freeze({ x: 0.25, y: 0.25, w: 0.5, h: 0.5 });
const HELP = "Arrow keys move the marked part, with Shift they change its size; Enter searches for it.";

/** A layer over the picture in `frame` (an <img> or <canvas> shown whole). onFind(), onCancel(): by its keys. */
export class Marking {
  region = START; // shares of the picture's width and height
  #picture;
  #on;
  #box = el("span", { class: "mark", role: "group", tabindex: "0", "aria-describedby": "mark-help" });
  #layer;
  #drag = null;
  #resized;

  constructor(frame, on) {
    this.#on = on;
    this.#picture = frame.querySelector("img, canvas");
    for (const corner of ["nw", "ne", "sw", "se"]) this.#box.append(el("i", { "data-corner": corner }));
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    const help = el("span", { id: "mark-help", class: "hidden-visually", text: HELP });
    this.#layer = el("span", { class: "marking" }, this.#box, help);
    this.#layer.addEventListener("pointerdown", (event) => this.#start(event));
    this.#layer.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) this.#layer.addEventListener(end, () => (this.#drag = null));
    frame.append(this.#layer);
    this.#resized = new ResizeObserver(() => this.#place());
    this.#resized.observe(frame);
    this.#place();
    this.#show(START);
    this.#box.focus({ preventScroll: true });
  }

  remove() {
    this.#resized.disconnect();
    this.#layer.remove();
  }

  /** Lay the layer over what the picture covers of its frame. */
  #place() {
    const { clientWidth, clientHeight } = this.#picture;
    const width = this.#picture.naturalWidth ?? this.#picture.width;
    const height = this.#picture.naturalHeight ?? this.#picture.height;
    const scale = Math.min(clientWidth / width, clientHeight / height);
    const { style } = this.#layer;
    style.width = `${width * scale}px`;
    style.height = `${height * scale}px`;
    style.left = `${(clientWidth - width * scale) / 2}px`;
    style.top = `${(clientHeight - height * scale) / 2}px`;
  }

  #show({ x, y, w, h }) {
    const width = bounded(w, LEAST, 1);
    const height = bounded(h, LEAST, 1);
    this.region = { x: short(bounded(x, 0, 1 - width)), y: short(bounded(y, 0, 1 - height)), w: short(width), h: short(height) };
    for (const [side, name] of [["x", "left"], ["y", "top"], ["w", "width"], ["h", "height"]]) {
      this.#box.style[name] = `${this.region[side] * 100}%`;
    }
    const percent = (share) => `${Math.round(share * 100)} %`;
    const { x: left, y: top } = this.region;
    this.#box.setAttribute("aria-label", `Marked: ${percent(this.region.w)} by ${percent(this.region.h)}, from ${percent(left)} left, ${percent(top)} down`);
  }

  #at(event) {
    const { left, top, width, height } = this.#layer.getBoundingClientRect();
    return { x: bounded((event.clientX - left) / width, 0, 1), y: bounded((event.clientY - top) / height, 0, 1) };
  }

  #start(event) {
    if (event.button) return;
    event.preventDefault();
    this.#layer.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    const { x, y, w, h } = this.region;
    const { corner } = event.target.dataset;
    if (corner) {
      // The opposite corner stays where it is.
      this.#drag = { from: { x: corner.endsWith("w") ? x + w : x, y: corner.startsWith("n") ? y + h : y } };
    } else if (event.target === this.#box) this.#drag = { held: { x: at.x - x, y: at.y - y } };
    else this.#drag = { from: at };
    this.#box.focus({ preventScroll: true });
  }

  #move(event) {
    if (!this.#drag) return;
    const at = this.#at(event);
    const { from, held } = this.#drag;
    if (held) this.#show({ ...this.region, x: at.x - held.x, y: at.y - held.y });
    else this.#show({ x: Math.min(at.x, from.x), y: Math.min(at.y, from.y), w: Math.abs(at.x - from.x), h: Math.abs(at.y - from.y) });
  }

  #key(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      return this.#on.onFind();
    }
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (dx === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // the dialog's arrows go from result to result
    const { x, y, w, h } = this.region;
    if (event.shiftKey) this.#show({ x, y, w: Math.min(w + dx * STEP, 1 - x), h: Math.min(h + dy * STEP, 1 - y) });
    else this.#show({ x: x + dx * STEP, y: y + dy * STEP, w, h });
  }
}

/** The buttons to a picture in `frame` that can be marked; onFind(region) when a part is to be searched for. */
export class MarkTool {
  element = el("div", { class: "mark-tool" });
  #frame;
  #onFind;
  #marking = null;

  constructor(frame, onFind) {
    this.#frame = frame;
    this.#onFind = onFind;
    this.stop();
  }

  get isActive() {
    return this.#marking !== null;
  }

  start() {
    const find = () => this.#onFind(this.#marking.region);
    this.#marking = new Marking(this.#frame, { onFind: find });
    this.element.replaceChildren(
      el("button", { type: "button", class: "button small primary", text: "Find this part", click: find }),
      el("button", { type: "button", class: "button small", text: "Cancel", click: () => this.#cancel() }),
    );
  }

  stop() {
    this.#marking?.remove();
    this.#marking = null;
    const start = el("button", { type: "button", class: "button small", text: "Find a part of it", click: () => this.start() });
    this.element.replaceChildren(start);
  }

  #cancel() {
    this.stop();
    this.element.querySelector("button").focus();
  }
}

const bounded = (value, low, high) => Math.min(high, Math.max(low, value));
const short = (value) => Math.round(value * 1000) / 1000;
