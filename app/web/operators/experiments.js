// The experiments that run or ran, with their states.

import { el } from "../dom.js";
import { moment, table } from "./figures.js";

/** A table of `tried`, the answer of /v1/experiments; null where the service knows none. */
export function experiments(tried) {
  if (!tried) return el("p", { class: "quiet", text: "Not known: this service runs no experiments." });
  return table("Experiments", [
    ["Name", (row) => row.name],
    ["State", (row) => row.state],
    ["Collection", (row) => row.collection],
    ["Variants", ({ variants }) => variants && variants.map((one) => one.name ?? one).join(", ")],
    ["Why stopped", (row) => row.reason || row.suspended],
    ["Since", (row) => moment(row.starts_at)],
  ], tried.experiments ?? [], "There is none.");
}
