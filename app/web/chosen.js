// The chips of the search box: each picture, link and item that is searched with, with its say.

import { thumbnailUrl } from "./api.js";
import { byId, el, icon, iconButton } from "./dom.js";
import { SAYS } from "./parts.js";
import { pictureOf } from "./picture.js";

/** onSay(part, say), onRemove(part): what a chip's menu and button do. */
export class Chosen {
  #list = byId("parts");
  #onSay;
  #onRemove;

  constructor({ onSay, onRemove }) {
    this.#onSay = onSay;
    this.#onRemove = onRemove;
  }

  get isEmpty() {
    return this.#list.hidden;
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
      face,
      el("span", { class: "name", dir: "auto", text: name, title: name }),
      menu,
      iconButton("close", `Search without ${name}`, () => this.#onRemove(one)),
    );
  }
}

/** Which control of which chip has the keyboard: the chips are made anew at every change. */
function focusedPlace(list) {
  const here = document.activeElement;
  if (!list.contains(here)) return null;
  return { chip: [...list.children].findIndex((chip) => chip.contains(here)), control: here.matches("select") ? "select" : "button" };
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

const blank = (name) => el("span", { class: "blank" }, icon(name));
