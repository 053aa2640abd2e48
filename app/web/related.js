// What stands behind an opened result: its near-duplicates, and the other pictures of its product.

import { Problem, search, thumbnailUrl } from "./api.js";
import { counted } from "./conditions.js";
import { el } from "./dom.js";
import { alikeText, frame, titleOf } from "./grid.js";

const MOST = 12; // pictures in a strip

/** The strips of `hit` in one element; those that have to be asked for come later. onOpen(id). */
export function relatedStrips(collection, hit, onOpen) {
  const box = el("div", { class: "related" });
  const alike = hit.alike_ids ?? [];
  const add = (...all) => box.append(strip(...all, onOpen));
  if (alike.length) add(alikeText(hit.alike), alike.map((id) => ({ id, thumbnail: thumbnailUrl(collection, id) })), hit.alike);
  if (hit.payload?.product_id) addProduct(add, collection, hit.payload.product_id, [hit.id, ...alike]);
  return box;
}

async function addProduct(add, collection, product, known) {
  try {
    const { hits, total } = await search(collection, { query: [], filter: { product_id: product }, limit: MOST + known.length });
    const others = hits.filter(({ id }) => !known.includes(id));
    if (others.length) add("The same product", others, total - (hits.length - others.length));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // without its strip, all else is still there
  }
}

function strip(title, hits, count, onOpen) {
  const faces = hits.slice(0, MOST).map((hit, at) => {
    const label = `Open ${hit.title === undefined ? `${at + 1} of ${title}` : titleOf(hit)}`;
    return el("li", {}, el("button", { "aria-label": label, click: () => onOpen(hit.id) }, frame(hit)));
  });
  if (count > faces.length) faces.push(el("li", { class: "quiet", text: `and ${counted(count - faces.length)} more` }));
  return el("section", { "aria-label": title }, el("h3", { text: title }), el("ul", { class: "strip" }, ...faces));
}
