// The results of one side, each with its grades. The same item on both sides has one grade.

import { el } from "../dom.js";

export const GRADES = ["not relevant", "a little", "relevant", "perfect"];

/** A card of a hit on `side`; onGrade(item, grade). */
export function card(hit, side, place, grade, onGrade) {
  const title = hit.title || hit.id;
  const name = `${side}:${place}`;
  const node = el("li", { class: "card", "data-id": hit.id },
    el("div", { class: "picture" }, picture(hit)),
    el("p", { class: "title", dir: "auto", text: title }),
    el("fieldset", {},
      el("legend", { class: "hidden-visually", text: `Grade of ${title}, ${side} ${place + 1}` }),
      el("div", { class: "choices" }, ...GRADES.map((said, value) => radio(name, String(value), String(value), said, () => onGrade(hit.id, value))))),
  );
  mark(node, grade);
  return node;
}

/** Show a grade on a card; undefined for none. */
export function mark(node, grade) {
  for (const input of node.querySelectorAll("input")) input.checked = input.value === String(grade);
}

/** A radio button that looks like a key; `label` says more than the text on it. */
export function radio(name, value, text, label, change) {
  const input = el("input", { type: "radio", name, value, change });
  if (label) input.setAttribute("aria-label", label === text ? text : `${text}: ${label}`);
  return el("label", { title: label }, input, el("span", { "aria-hidden": "true", text }));
}

function picture({ thumbnail, title }) {
  if (!thumbnail) return el("span", { class: "missing", text: "no picture" });
  const image = el("img", { src: thumbnail, alt: title || "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(el("span", { class: "missing", text: "no picture" })));
  return image;
}
