// A picture to search with, as chosen, dropped or pasted: checked and made small.

import { Problem } from "./api.js";

const LONGEST_SIDE = 1024; // the towers look at far less; a phone's photo is 4000 and takes seconds to send
const QUALITY = 0.9;

const FACE = 64; // px, twice what the chip shows
const VIEW = 640; // px, where a part of it is marked
const MOST_UNREAD = 14_000_000; // bytes of a file that can't be made smaller: the service takes 20 MB of base64

/** Pictures by key, for as long as the page is open: the history holds only the keys. */
const kept = new Map();

/**
 * Read a file as a picture and keep it; its key.
 * Raises Problem for a file that says itself that it is no picture. One that this browser can't
 * decode (HEIC, mostly) is kept as it is, if it is not too large: the service reads more formats.
 */
export async function keepPicture(file) {
  checkPicture(file);
  const bitmap = await decode(file);
  if (!bitmap && file.size > MOST_UNREAD) throw tooLarge(file);
  const blob = bitmap ? await shrink(file, bitmap, LONGEST_SIDE) : file;
  const face = bitmap && squareOf(bitmap);
  const view = bitmap && canvasOf(bitmap, Math.min(1, VIEW / Math.max(bitmap.width, bitmap.height)));
  bitmap?.close();
  const key = `${Date.now()}-${kept.size}`; // unlike any of before a reload, which the history may hold
  kept.set(key, { name: file.name || "Pasted picture", face, view, data: await dataUrl(blob) });
  return key;
}

/** A picture's file as a data URL, scaled down to `longest` px on its longer side. Raises Problem. */
export async function scaledDown(file, longest) {
  checkPicture(file);
  const bitmap = await decode(file);
  const blob = bitmap ? await shrink(file, bitmap, longest) : file;
  bitmap?.close();
  return dataUrl(blob);
}

/** A small square of a picture; null where this browser can't decode it. */
export async function faceOf(file) {
  const bitmap = await decode(file);
  const face = bitmap && squareOf(bitmap);
  bitmap?.close();
  return face;
}

/** Raises Problem for a file that says itself that it is no picture, or is empty. */
export function checkPicture(file) {
  if (file.type && !file.type.startsWith("image/")) {
    throw new Problem({
      title: "This is not a picture",
      detail: `${file.name || "The file"} is of type ${file.type}.`,
      hint: "Choose a JPEG, PNG, WebP, GIF, AVIF or HEIC file.",
    });
  }
  if (!file.size) {
    throw new Problem({
      title: "This picture is empty",
      detail: `${file.name || "The file"} has no content.`,
      hint: "Choose another one.",
    });
  }
}

/** {name, face and view: canvas or null, data: data URL} of a kept picture; undefined after a reload. */
export const pictureOf = (key) => kept.get(key);

function squareOf(bitmap) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = FACE;
  const cut = Math.min(bitmap.width, bitmap.height);
  const left = (bitmap.width - cut) / 2;
  const top = (bitmap.height - cut) / 2;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, left, top, cut, cut, 0, 0, FACE, FACE);
  return canvas;
}

async function decode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}

async function shrink(file, bitmap, longest) {
  const scale = longest / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return file;
  const canvas = canvasOf(bitmap, scale);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", QUALITY));
}

function canvasOf(bitmap, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // JPEG has no transparency; the towers, too, see it over white
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function tooLarge(file) {
  return new Problem({
    title: "This picture is too large",
    detail: `${file.name || "The file"} has ${Math.round(file.size / 1e6)} MB, and this browser can't read it to make it smaller.`,
    hint: "Save it as a JPEG, or choose a smaller one.",
  });
}

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () =>
      reject(new Problem({ title: "This picture can't be read", detail: String(reader.error?.message ?? ""), hint: "Choose it again." }));
    reader.readAsDataURL(blob);
  });
}
