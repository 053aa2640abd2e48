// The ways a picture comes in: the file button, a drop anywhere, a paste anywhere.

import { byId } from "./dom.js";

const LINK = /^https?:\/\/\S+$/i;

/** Call `onFile(File)` or `onLink(url)` for what comes in. */
export function watchIntake({ onFile, onLink }) {
  watchButton(onFile);
  watchDrop(onFile, onLink);
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("dialog, #filters")) return;
    take(event.clipboardData, event, onFile, onLink);
  });
}

function watchButton(onFile) {
  const input = byId("file");
  byId("choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files.length) onFile(input.files[0]);
    input.value = ""; // so that choosing the same file again is a change
  });
}

function watchDrop(onFile, onLink) {
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
    if (!fromHere) take(event.dataTransfer, event, onFile, onLink);
  });
}

function take(transfer, event, onFile, onLink) {
  const file = transfer?.files?.[0];
  const link = (transfer?.getData("text/uri-list") || transfer?.getData("text/plain") || "").trim();
  if (!file && !LINK.test(link)) return;
  event.preventDefault();
  if (file) onFile(file);
  else onLink(link);
}
