// The active filters as chips; pressing one takes it away.

import { describeFilter } from "./conditions.js";
import { byId, el, icon } from "./dom.js";

export function showChips(filter, fields, onChange) {
  const list = byId("chips");
  const had = list.contains(document.activeElement);
  const chips = describeFilter(filter, fields).map(({ text, filter: rest }) =>
    el(
      "li",
      {},
      el(
        "button",
        { class: "chip", "aria-label": `Remove the filter ${text}`, click: () => onChange(rest) },
        el("span", { dir: "auto", text, title: text }),
        icon("close"),
      ),
    ),
  );
  if (chips.length > 1) {
    const all = el("button", { class: "chip bare", text: "Clear all", click: () => onChange({}) });
    chips.push(el("li", {}, all));
  }
  list.replaceChildren(...chips);
  list.hidden = !chips.length;
  if (had) (list.querySelector("button") ?? byId("q")).focus({ preventScroll: true });
}
