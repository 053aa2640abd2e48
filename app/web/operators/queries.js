// What was asked for: the most frequent queries, those without results, those without clicks.

import { el } from "../dom.js";
import { count, table } from "./figures.js";

const LISTS = [
  ["top", "Most asked"],
  ["without_results", "Without results"],
  ["without_clicks", "Without clicks"],
];

/** Tables of `asked`, the answer of /v1/operations/queries; null where the service keeps no searches. */
export function queries(asked) {
  if (!asked) return [el("p", { class: "quiet", text: "Not known: this service keeps no record of searches." })];
  const lists = LISTS.filter(([name]) => Array.isArray(asked[name]));
  return [
    el("div", { class: "several" }, ...lists.map(([name, title]) =>
      el("div", {}, el("h3", { text: title }), table(title, COLUMNS, asked[name], "None.")),
    )),
  ];
}

const COLUMNS = [
  ["Query", ({ text }) => text || "(a picture)"],
  ["Times", (row) => count(row.count), true],
];
