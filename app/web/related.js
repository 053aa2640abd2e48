// What stands behind an opened result: its near-duplicates, and the other pictures of its product.

import { Problem, search, thumbnailUrl } from "./api.js";
import { counted } from "./conditions.js";
import { el } from "./dom.js";
import { alikeText, frame, titleOf } from "./grid.js";

const MOST = 12; // pictures in a strip

/** The strips of `hit` in one element; those that have to be asked for come later. onOpen(id). */
export function relatedStrips(collection, hit, onOpen) {
  const box = el("div", { class: "related" });
  const ids = hit.alike_ids ?? [];
  if (ids.length) {
    const faces = ids.slice(0, MOST).map((id) => ({ id, thumbnail: thumbnailUrl(collection, id) }));
    box.append(strip(alikeText(hit.alike), faces, hit.alike - faces.length, onOpen));
  }
  const product = hit.payload?.product_id;
  if (product) addProduct(box, collection, product, new Set([hit.id, ...ids]), onOpen);
  return box;
}

async function addProduct(box, collection, product, known, onOpen) {
  const body = { query: [], filter: { product_id: product }, limit: MOST + known.size };
  try {
    const { hits, total } = await search(collection, body);
    const others = hits.filter(({ id }) => !known.has(id)).slice(0, MOST);
    const left = total - hits.filter(({ id }) => known.has(id)).length - others.length;
    if (others.length) box.append(strip("The same product", others, left, onOpen));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    box.append(el("p", { class: "problem", text: `Other pictures of the product did not come: ${problem.title}` }));
  }
}

function strip(title, hits, left, onOpen) {
  const faces = hits.map((hit, at) =>
    el("li", {}, el("button", { type: "button", "aria-label": `Open ${hit.title === undefined ? `${at + 1} of ${title}` : titleOf(hit)}`, click: () => onOpen(hit.id) }, frame(hit))),
  );
  if (left > 0) faces.push(el("li", { class: "quiet", text: `and ${counted(left)} more` }));
  return el("section", { "aria-label": title }, el("h3", { text: title }), el("ul", { class: "strip" }, ...faces));
}
