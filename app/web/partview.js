// A picture that is searched with, large, so that a part of it can be marked.

import { thumbnailUrl } from "./api.js";
import { byId, el, iconButton } from "./dom.js";
import { frame } from "./grid.js";
import { Marking } from "./marking.js";
import { pictureOf } from "./picture.js";

/** Open it; onFind(region) once a part is marked. */
export function openPart(collection, one, name, onFind) {
  const dialog = byId("part");
  const picture = one.kind === "item" ? frame({ thumbnail: thumbnailUrl(collection, one.value) }) : el("span", { class: "frame" }, pictureOf(one.value).view);
  const tool = new Marking(picture, (region) => {
    dialog.close();
    onFind(region);
  });
  const header = el("header", {}, el("h2", { id: "part-title", dir: "auto", text: name }), iconButton("close", "Close the picture", () => dialog.close()));
  dialog.replaceChildren(header, el("div", { class: "scroll" }, picture, tool.element));
  dialog.showModal();
  const image = picture.querySelector("img");
  if (!image) tool.start();
  else image.addEventListener("load", () => dialog.open && tool.start());
}
