// The settings of the two rankings that are compared, as searches take them.

import { el } from "../dom.js";

const ASPECTS = { joint: "Meaning", lexical: "Words", appearance: "Colour, texture" };
const SWITCH = { "": "as usual", true: "yes", false: "no" };

/** A form of one ranking. `name` tells it from the other; `settings` are those to begin with. */
export function rankingForm(name, title, settings) {
  const weight = (aspect) =>
    el("label", {}, ASPECTS[aspect], el("input", { type: "number", min: 0, max: 100, step: "any", name: `${name}.${aspect}`, value: settings.aspects?.[aspect], placeholder: "–" }));
  return el("fieldset", { class: "ranking" },
    el("legend", { text: title }),
    el("div", { class: "field" },
      el("span", { class: "label", text: "Weights; all empty: as usual" }),
      el("div", { class: "weights" }, ...Object.keys(ASPECTS).map(weight))),
    field(`${name}.diversity`, "Diversity, 0 to 1", el("input", { type: "number", min: 0, max: 1, step: "any", value: settings.diversity })),
    field(`${name}.collapse`, "Fold near-duplicates", choice(settings.collapse)),
    field(`${name}.rerank`, "Stages of re-ranking, with commas; none; empty: as usual", el("input", { type: "text", value: settings.rerank && (settings.rerank.join(", ") || "none"), autocomplete: "off", autocapitalize: "off", spellcheck: "false" })),
  );
}

/** The settings that a form says; what is left as usual is not in them. */
export function settingsOf(form, name) {
  const text = (field) => form.elements[`${name}.${field}`].value.trim();
  const aspects = Object.fromEntries(Object.keys(ASPECTS).filter(text).map((aspect) => [aspect, Number(text(aspect))]));
  const stages = text("rerank");
  return {
    ...(Object.keys(aspects).length && { aspects }),
    ...(text("diversity") && { diversity: Number(text("diversity")) }),
    ...(text("collapse") && { collapse: text("collapse") === "true" }),
    ...(stages && { rerank: stages === "none" ? [] : stages.split(",").map((one) => one.trim()).filter(Boolean) }),
  };
}

function field(name, label, control) {
  control.id = control.name = name;
  return el("div", { class: "field" }, el("label", { for: name, text: label }), control);
}

function choice(value) {
  const options = Object.entries(SWITCH).map(([key, text]) => el("option", { value: key, text }));
  const select = el("select", {}, ...options);
  select.value = value === undefined ? "" : String(value);
  return select;
}
