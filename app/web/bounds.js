// The parts of the filter panel that are typed in: from and to, and words.

import { dayAfter, labelOf, lastDay } from "./conditions.js";
import { el } from "./dom.js";

/** Two inputs, from and to, both inclusive; days for a datetime. `change` takes the condition or null. */
export function rangeBody({ name, kind }, condition, change) {
  const isDay = kind === "datetime";
  const { gte, gt, lte, lt } = condition ?? {};
  const props = isDay ? { type: "date" } : { type: "number", step: kind === "integer" ? "1" : "any" };
  const input = (side, value) => {
    const box = el("input", { ...props, name: `${name}.${side}`, autocomplete: "off", change: () => read() });
    box.value = isDay ? String(value ?? "").slice(0, 10) : (value ?? "");
    return box;
  };
  const from = input("from", gte ?? gt);
  const to = input("to", lte ?? (isDay && lt ? lastDay(lt) : lt));
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const read = () => {
    wrong.textContent = problemOf(from, to, isDay);
    wrong.hidden = !wrong.textContent;
    if (wrong.hidden) change(isDay ? days(from.value, to.value) : numbers(from.value, to.value));
  };
  return el(
    "div",
    { class: "range" },
    el("label", {}, "From", from),
    el("label", {}, "To", to),
    wrong,
  );
}

/** One input for words that a text field must hold. */
export function wordsBody({ name }, condition, change) {
  const box = el("input", {
    type: "text",
    name: `${name}.words`,
    dir: "auto",
    autocomplete: "off",
    change: () => change(box.value.trim() ? { match: box.value.trim() } : null),
  });
  box.value = condition?.match ?? "";
  return el("div", { class: "words" }, el("label", {}, `Words in ${labelOf(name).toLowerCase()}`, box));
}

function problemOf(from, to, isDay) {
  if (from.validity.badInput || to.validity.badInput) return isDay ? "Enter a whole date." : "Enter a number.";
  if (from.validity.stepMismatch || to.validity.stepMismatch) return "Enter a whole number.";
  const reversed = isDay ? from.value > to.value : Number(from.value) > Number(to.value);
  return from.value && to.value && reversed ? "The start lies past the end." : "";
}

function numbers(from, to) {
  const condition = {};
  if (from) condition.gte = Number(from);
  if (to) condition.lte = Number(to);
  return from || to ? condition : null;
}

function days(from, to) {
  const condition = {};
  if (from) condition.gte = from;
  if (to) condition.lt = dayAfter(to);
  return from || to ? condition : null;
}
