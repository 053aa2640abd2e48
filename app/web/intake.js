// The ways a picture comes in: the file button, the camera, a drop anywhere, a paste anywhere.

import { byId } from "./dom.js";

/** What can only be the address of something on the web. */
export const LINK = /^https?:\/\/\S+$/i;

/** Call `onFiles([File])` or `onLink(url)` for what comes in. */
export function watchIntake({ onFiles, onLink }) {
  watchButton(onFiles);
  watchDrop(onFiles, onLink);
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("dialog, #filters")) return;
    take(event.clipboardData, event, onFiles, onLink);
  });
}

function watchButton(onFiles) {
  for (const [button, name] of [["choose", "file"], ["shoot", "photo"]]) {
    const input = byId(name);
    byId(button).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      if (input.files.length) onFiles([...input.files]);
      input.value = ""; // so that choosing the same file again is a change
    });
  }
}

function watchDrop(onFiles, onLink) {
  const veil = byId("drop");
  const hasPicture = (event) => ["Files", "text/uri-list"].some((type) => event.dataTransfer?.types.includes(type));
  // A tile dragged within the page is no picture from outside.
  let fromHere = false;
  document.addEventListener("dragstart", () => (fromHere = true));
  document.addEventListener("dragend", () => (fromHere = false));
  document.addEventListener("dragover", (event) => {
    if (fromHere || !hasPicture(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    veil.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    veil.hidden = true;
    if (!fromHere) take(event.dataTransfer, event, onFiles, onLink);
  });
}

function take(transfer, event, onFiles, onLink) {
  const files = [...(transfer?.files ?? [])];
  const link = (transfer?.getData("text/uri-list") || transfer?.getData("text/plain") || "").trim();
  if (!files.length && !LINK.test(link)) return;
  event.preventDefault();
  if (files.length) onFiles(files);
  else onLink(link);
}
