// The order in which a collection is browsed; a query ranks what it finds itself.

import { labelOf } from "./conditions.js";
import { byId, el } from "./dom.js";

const NUMBER = ["lowest first", "highest first"];
const ORDERS = { integer: NUMBER, float: NUMBER, datetime: ["oldest first", "newest first"] };

/** Show the menu where nothing is asked; onSort({field, descending} or null). */
export function showSorting(sort, { fields, attributes }, isAsked, onSort) {
  const menu = byId("sort");
  const offered = attributes.flatMap((field) => (ORDERS[fields[field]] ?? []).map((text, at) => ({ field, text, descending: at === 1 })));
  const options = offered.map(({ field, text, descending }) =>
    el("option", { text: `${labelOf(field)}, ${text}`, selected: sort?.field === field && sort.descending === descending }),
  );
  menu.replaceChildren(el("option", { text: "As they come" }), ...options);
  menu.onchange = () => {
    const chosen = offered[menu.selectedIndex - 1];
    onSort(chosen ? { field: chosen.field, descending: chosen.descending } : null);
  };
  menu.hidden = isAsked || !offered.length;
}
