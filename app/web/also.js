// A field that is shown below each title: chosen for each collection, and kept in this browser.

import { labelOf } from "./conditions.js";
import { byId, el } from "./dom.js";

const keyOf = (collection) => `binocle.also.${collection}`;

/** Show the menu for a collection, as the service describes it; onField(name or null), at once too. */
export function showAlso({ name, attributes }, onField) {
  const menu = byId("also");
  const chosen = attributes.find((field) => field === remembered(name)) ?? null;
  menu.replaceChildren(
    el("option", { value: "", text: "Titles only" }),
    ...attributes.map((field) => el("option", { value: field, text: `Titles and ${labelOf(field).toLowerCase()}`, selected: field === chosen })),
  );
  menu.hidden = !attributes.length;
  menu.onchange = () => {
    remember(name, menu.value);
    onField(menu.value || null);
  };
  onField(chosen);
}

function remembered(collection) {
  try {
    return localStorage.getItem(keyOf(collection));
  } catch {
    return null; // storage is switched off
  }
}

function remember(collection, field) {
  try {
    localStorage.setItem(keyOf(collection), field);
  } catch {
    // storage is switched off or full: it holds until the page is left
  }
}
