// One result with all its fields, in a dialog; left and right go through the results.

import { counted, labelOf, shown } from "./conditions.js";
import { byId, el, icon, iconButton } from "./dom.js";
import { frame, ratioOf, scoreOf, titleElement } from "./grid.js";
import { showLarge } from "./large.js";
import { relatedStrips } from "./related.js";

// Visibility is not said at all: what is shown is public.
const SAID_ELSEWHERE = new Set(["id", "title", "description", "width", "height", "aspect", "visibility"]);
const OUT_OF_REACH = "The service can't be reached: reload the page when it can.";

/**
 * What its buttons do: onClose(), onStep(+1 | -1), onSimilar(hit, region or null), onAdd(hit, say),
 * onFilter(field, value), onOpen(id).
 */
export class Detail {
  #dialog = byId("detail");
  #on;
  #marks = null;

  constructor(on) {
    this.#on = on;
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault(); // the address decides what is open
      if (this.#marks?.isActive) this.#marks.stop();
      else on.onClose();
    });
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) on.onClose(); // the backdrop
    });
    this.#dialog.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) on.onStep(step);
    });
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** Id of the item that is shown, or was last. */
  get item() {
    return this.#dialog.dataset.id;
  }

  close() {
    this.#dialog.close();
  }

  /**
   * Show `hit`, which is `index` (from 0) of `count` results, or -1 when it is none of them.
   * explain(): why it was found; null where nothing was asked.
   */
  show(hit, { collection, index, count, fields, explain }) {
    const focused = this.#dialog.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    this.#dialog.replaceChildren(this.#header(index, count), this.#body(hit, { collection, fields, explain }));
    this.#dialog.dataset.id = hit.id;
    if (!this.#dialog.open) this.#dialog.showModal();
    const wanted = focused && this.#dialog.querySelector(`[data-name="${focused}"]:not(:disabled)`);
    (wanted || this.#dialog.querySelector('[data-name="close"]')).focus();
  }

  /** The item shown is not there any more: say so, and take away what can't be done with it. */
  gone(id) {
    if (this.#dialog.dataset.id !== id) return;
    this.#dialog.querySelector(".actions").replaceWith(
      el("p", { class: "problem", role: "alert", text: "This item is no longer there: it was deleted or hidden since. It is shown as it was." }),
    );
    this.#dialog.querySelector(".mark-tool")?.remove();
  }

  #header(index, count) {
    const step = (name, label, by, disabled) =>
      iconButton(name, label, () => this.#on.onStep(by), { "data-name": name, disabled });
    return el(
      "header",
      {},
      el("p", { class: "position quiet", text: index < 0 ? "" : `${counted(index + 1)} of ${counted(count)} shown` }),
      step("previous", "Previous result", -1, index <= 0),
      step("next", "Next result", 1, index < 0 || index >= count - 1),
      iconButton("close", "Close", () => this.#on.onClose(), { "data-name": "close" }),
    );
  }

  #body(hit, { collection, fields, explain }) {
    const { description, title } = hit.payload ?? {};
    const picture = frame(hit);
    picture.style.setProperty("--ratio", ratioOf(hit));
    showLarge(picture, hit);
    const marking = this.#markTool(picture, hit);
    return el(
      "div",
      { class: "scroll", tabindex: "-1" },
      picture,
      marking,
      titleElement("h2", hit, { id: "detail-title", title: null }),
      description && description !== title && el("p", { class: "description", dir: "auto", text: description }),
      el(
        "div",
        { class: "actions" },
        el("button", { class: "button primary", click: () => this.#on.onSimilar(hit) }, icon("similar"), "More like this"),
        el("button", { class: "button", title: "Search for what you asked for, and more like this", click: () => this.#on.onAdd(hit, "like") }, icon("plus"), "Add"),
        el("button", { class: "button", title: "Search for what you asked for, and less like this", click: () => this.#on.onAdd(hit, "not") }, icon("minus"), "Not like this"),
        sourceOf(hit),
      ),
      relatedStrips(collection, hit, this.#on.onOpen),
      explain && whySection(explain),
      el("dl", { class: "facts" }, ...this.#facts(hit, fields)),
    );
  }

  /** The button to mark a part of the picture, once that is there. */
  #markTool(picture, hit) {
    this.#marks = null;
    const start = ({ Marking }) => {
      this.#marks = new Marking(picture, (region) => this.#on.onSimilar(hit, region));
      tool.replaceWith(this.#marks.element);
      this.#marks.start();
    };
    const click = () => import("./marking.js").then(start, () => tool.append(OUT_OF_REACH));
    const tool = el("div", { class: "mark-tool", hidden: true }, el("button", { class: "button small", click }, icon("crop"), "Find a part of it"));
    picture.querySelector("img")?.addEventListener("load", () => (tool.hidden = false));
    return tool;
  }

  #facts(hit, fields) {
    const { width, height } = hit.payload ?? {};
    const score = scoreOf(hit);
    const rows = Object.entries(hit.payload ?? {})
      .filter(([name]) => !SAID_ELSEWHERE.has(name))
      .map(([name, value]) => [labelOf(name), this.#value(name, value, fields[name])]);
    if (width && height) rows.push(["Size", `${shown(width)} × ${shown(height)} px`]);
    if (score) rows.push(["Fit", score.explanation]);
    rows.push(["Id", el("code", { text: hit.id })]);
    return rows.flatMap(([label, value]) => [el("dt", { dir: "auto", text: label }), el("dd", { dir: "auto" }, value)]);
  }

  #value(name, value, kind) {
    if (kind === "keyword" || kind === "bool") {
      const values = [value].flat().map((one) => linkTo(one) ?? this.#filterChip(name, one));
      return el("div", { class: "values" }, ...values);
    }
    if (kind === "datetime") return dayOf(value);
    if (Array.isArray(value)) return value.map((one) => shown(one)).join(", ");
    if (value !== null && typeof value === "object") return JSON.stringify(value);
    return linkTo(value) ?? shown(value);
  }

  #filterChip(name, value) {
    const label = `Filter by ${labelOf(name)}: ${shown(value)}`;
    return el(
      "button",
      { class: "chip", title: label, "aria-label": label, click: () => this.#on.onFilter(name, value) },
      el("span", { dir: "auto", text: shown(value) }),
    );
  }
}

/** Why it was found, asked for when it is opened. */
function whySection(explain) {
  const body = el("div", { class: "why-body", role: "status" });
  const fail = () => (body.textContent = OUT_OF_REACH);
  const toggle = () => section.open && import("./why.js").then(({ tellWhy }) => tellWhy(body, explain), fail);
  const section = el("details", { class: "why", toggle }, el("summary", { text: "Why this result" }), body);
  return section;
}

/** A button to where the item comes from: its first field that holds a web address. */
function sourceOf(hit) {
  const link = Object.values(hit.payload ?? {}).map(linkTo).find(Boolean);
  if (!link) return null;
  link.className = "button";
  link.replaceChildren(icon("link"), "Source");
  link.title = link.href;
  return link;
}

/** A link, where the value is a web address and nothing else (never a script's). */
function linkTo(value) {
  if (typeof value !== "string" || !/^https?:\/\/\S+$/i.test(value)) return null;
  return el("a", { href: value, rel: "noopener noreferrer", target: "_blank", text: value });
}

function dayOf(value) {
  const moment = new Date(String(value));
  if (Number.isNaN(moment.getTime())) return String(value);
  const text = moment.toLocaleDateString(undefined, { dateStyle: "long", timeZone: "UTC" });
  return el("time", { datetime: String(value), title: String(value), text });
}
