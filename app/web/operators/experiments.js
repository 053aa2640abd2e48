// The experiments that run or ran, with their states.

import { el } from "../dom.js";
import { moment, share, table } from "./figures.js";

/** A table of `tried`, the answer of /v1/experiments; null where the service knows none. */
export function experiments(tried) {
  if (!tried) return el("p", { class: "quiet", text: "Not known: this service runs no experiments." });
  return table("Experiments", [
    ["Name", (row) => row.name],
    ["State", stateOf],
    ["Collection", (row) => row.collection],
    ["Taking part", ({ traffic, unit }) => `${share(traffic, 1)} of ${unit}s`],
    ["Variants", ({ variants }) => variants.map(variantText).join(", ")],
    ["From", ({ starts_at: at }) => (at ? moment(at) : "not begun")],
    ["To", ({ ends_at: end, stopped_at: stop }) => (stop || end ? moment(stop || end) : "open")],
  ], tried.experiments, "There is none.");
}

/** A state that needs a look says why. */
function stateOf({ state, reason, suspended }) {
  const why = suspended ?? reason;
  return why ? el("span", {}, `${state}: `, el("span", { class: "wrong", text: why })) : state;
}

const variantText = ({ name, share: part, stopped }) => `${name} ${share(part, 1)}${stopped ? ` (stopped: ${stopped})` : ""}`;
