// What was chosen to upload: pictures, and at most one catalog whose rows name them.

import { Problem, call, collectionPath } from "../api.js";
import { checkPicture } from "../picture.js";

const CATALOGS = { csv: "text/csv", tsv: "text/tab-separated-values", jsonl: "application/x-ndjson", ndjson: "application/x-ndjson" };
const PICTURES = /\.(jpe?g|png|webp|gif|avif|heic|heif|bmp|tiff?)$/i;
const UNREADABLE_MOST = 12_000_000; // bytes of a picture that this browser can't make smaller
const ANY_NAME = "new-collection"; // a catalog is understood before the collection has a name

/**
 * The entries that files make: {entries: [{item, file?, name}], problems: [{what, why}], fields,
 * notes, more}. `item` as the API takes it, without the picture where `file` is to be sent with it.
 * Raises Problem where a catalog can't be read.
 */
export async function understand(files, signal) {
  const catalogs = files.filter((file) => kindOf(file) in CATALOGS);
  const pictures = files.filter((file) => !(kindOf(file) in CATALOGS));
  if (catalogs.length > 1) {
    throw new Problem({ title: "One catalog at a time", detail: `These are ${catalogs.length} catalogs.`, hint: "Choose one, and the pictures that it names." });
  }
  const problems = [];
  const usable = pictures.filter((file) => isUsable(file, problems));
  if (!catalogs.length) return { entries: fromPictures(usable), problems, fields: {}, notes: [], whole: true };
  return fromCatalog(catalogs[0], usable, problems, signal);
}

function isUsable(file, problems) {
  const why = whyNot(file);
  if (why) problems.push({ what: file.name, why });
  return !why;
}

function whyNot(file) {
  if (!file.type && !PICTURES.test(file.name)) return "It is no picture.";
  try {
    checkPicture(file);
  } catch (problem) {
    return problem.detail;
  }
  return /heic|heif|tif/i.test(kindOf(file)) && file.size > UNREADABLE_MOST ? "It is too large to be sent as it is." : "";
}

function fromPictures(files) {
  const used = new Map();
  return files.map((file) => {
    const times = (used.get(file.name) ?? 0) + 1;
    used.set(file.name, times);
    const id = times === 1 ? file.name : `${file.name} (${times})`;
    return { item: { id, title: titleOf(file.name) }, file, name: file.name };
  });
}

async function fromCatalog(catalog, files, problems, signal) {
  const found = await call(`${collectionPath(ANY_NAME)}/catalog`, { body: catalog, type: CATALOGS[kindOf(catalog)], signal });
  for (const { row, id, reason } of found.problems) problems.push({ what: rowName(row, id), why: reason });
  const byName = new Map(files.map((file) => [file.name.toLowerCase(), file]));
  const entries = [];
  for (const { row, image_file: named, ...item } of found.items) {
    const file = named && byName.get(baseName(named));
    if (named && !file) problems.push({ what: rowName(row, item.id), why: `The picture '${named}' was not chosen.` });
    else entries.push({ item, file, name: rowName(row, item.id) });
  }
  const used = new Set(entries.map(({ file }) => file));
  const left = files.filter((file) => !used.has(file)).length;
  const notes = left ? [...found.notes, `${left} of the pictures ${left === 1 ? "is" : "are"} named by no row and left out.`] : found.notes;
  return { entries, problems, fields: found.fields, notes, whole: found.whole };
}

const kindOf = (file) => file.name.toLowerCase().split(".").pop();
const baseName = (path) => path.split(/[\\/]/).pop().toLowerCase();
const rowName = (row, id) => [row && `Row ${row}`, id].filter(Boolean).join(", ");
const titleOf = (name) => name.replace(/\.[^.]+$/, "").replace(/[_-]+/g, " ").trim();
