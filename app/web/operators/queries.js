// What was asked for: the most frequent queries, those without results, those without clicks.

import { el } from "../dom.js";
import { count, duration, table } from "./figures.js";

const LISTS = [
  ["top", "Most asked"],
  ["without_results", "Without results"],
  ["without_clicks", "Without clicks"],
];
const COLUMNS = [
  ["Query", ({ text }) => text],
  ["Times", (row) => count(row.searches), true],
  ["People", (row) => (row.people ? count(row.people) : null), true],
];

/** Tables of `asked`, the answer of /v1/operations/queries; null where the service keeps no searches. */
export function queries(asked) {
  if (!asked) return [el("p", { class: "quiet", text: "Not known: this service keeps no record of searches." })];
  const { p50, p99 } = asked.latency_ms;
  const fast = asked.searches && p50 !== null ? ` Half were answered within ${duration(p50)}, 99 % within ${duration(p99)}.` : "";
  return [
    el("p", { class: "quiet", text: `${count(asked.searches)} searches were recorded in the last 24 hours, by all replicas.${fast}` }),
    el("div", { class: "several" }, ...LISTS.map(([name, title]) =>
      el("div", {}, el("h3", { text: title }), table(title, COLUMNS, asked[name], "None.")),
    )),
  ];
}
