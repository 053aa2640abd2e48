// Elements. Text from catalogs becomes text nodes only, so that no title can turn into markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * A new element. `props`: `text` is its text, `class` its class, functions are listeners by event
 * name, false and null are left out, all else are attributes. Children that are false or null, too.
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  if (tag === "button") node.type = "button"; // a form's own buttons are in the page
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An icon of icons.svg; decoration only, the label stands elsewhere. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows an icon and says `label`. */
export function iconButton(name, label, click, props = {}) {
  return el("button", { class: "plain", "aria-label": label, title: label, click, ...props }, icon(name));
}

export const byId = (id) => document.getElementById(id);
