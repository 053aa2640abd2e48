// The chips of the search box: each picture, link and item that is searched with, with its say.

import { thumbnailUrl } from "./api.js";
import { byId, el, icon, iconButton } from "./dom.js";
import { SAYS } from "./parts.js";
import { pictureOf } from "./picture.js";

/** onSay(part, say), onRemove(part), onRegion(part, region): what a chip's menu and buttons do. */
export class Chosen {
  #list = byId("parts");
  #onSay;
  #onRemove;
  #onRegion;

  constructor({ onSay, onRemove, onRegion }) {
    this.#onSay = onSay;
    this.#onRemove = onRemove;
    this.#onRegion = onRegion;
  }

  /** Show the chips of `parts`; titleOf(id) names an item, null while it is unknown. */
  show(collection, parts, titleOf) {
    const place = focusedPlace(this.#list);
    this.#list.replaceChildren(...parts.map((one) => this.#chip(collection, one, titleOf)));
    this.#list.hidden = !parts.length;
    if (place) this.#list.children[place.chip]?.querySelector(place.control)?.focus();
  }

  #chip(collection, one, titleOf) {
    const { face, name } = faceOf(collection, one, titleOf);
    const says = Object.entries(SAYS).map(([say, { label }]) => el("option", { value: say, text: label, selected: say === one.say }));
    const menu = el(
      "select",
      { class: "say", "aria-label": `How much ${name} counts`, change: () => this.#onSay(one, menu.value) },
      ...says,
    );
    return el(
      "li",
      { class: one.say === "not" ? "part not" : "part", "data-kind": one.kind },
      isSeen(one) ? this.#opener(collection, one, name, face) : face,
      el("span", { class: "name", dir: "auto", text: name, title: name }),
      menu,
      iconButton("close", `Search without ${name}`, () => this.#onRemove(one)),
    );
  }

  #opener(collection, one, name, face) {
    const label = `Mark a part of ${name}`;
    const open = async () => (await import("./partview.js")).openPart(collection, one, name, (region) => this.#onRegion(one, region));
    return el("button", { class: "face", "aria-label": label, title: label, click: open }, face);
  }
}

/** Which control of which chip has the keyboard: the chips are made anew at every change. */
function focusedPlace(list) {
  const here = document.activeElement;
  if (!list.contains(here)) return null;
  return { chip: [...list.children].findIndex((chip) => chip.contains(here)), control: here.matches("select") ? "select" : here.matches(".face") ? ".face" : "button:not(.face)" };
}

function faceOf(collection, { kind, value, region }, titleOf) {
  const whole = region ? "Part of " : "";
  if (kind === "picture") {
    const kept = pictureOf(value);
    const face = kept?.face ?? blank("camera");
    face.setAttribute("aria-hidden", "true");
    return { face, name: whole + (kept?.name ?? "a picture") };
  }
  if (kind === "link") return { face: blank("link"), name: whole + value.replace(/^https?:\/\//i, "") };
  const face = el("img", { src: thumbnailUrl(collection, value), alt: "", width: 32, height: 32 });
  face.addEventListener("error", () => face.replaceWith(blank("similar")));
  return { face, name: whole + (titleOf(value) || value) };
}

/** Whether we have the picture: one by its address alone is none that the page may load. */
const isSeen = ({ kind, value }) => kind === "item" || (kind === "picture" && Boolean(pictureOf(value)?.view));

const blank = (name) => el("span", { class: "blank" }, icon(name));
