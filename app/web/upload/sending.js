// Sending entries to the service, a few at a time, pictures scaled down on the way.

import { Problem, call, collectionPath } from "../api.js";
import { scaledDown } from "../picture.js";

const AT_ONCE = 8; // items in a request
const BYTES_AT_ONCE = 4_000_000; // of base64; the service takes 20 MB unless it is set otherwise
const LONGEST_SIDE = 1600; // px: towers look at far less, and thumbnails are of 320
const PATIENCE_MS = 120_000; // the service may fetch what rows name by address

export function createCollection(name, fields, signal) {
  return call(collectionPath(name), { method: "PUT", body: { fields }, signal });
}

/**
 * Send entries in order; `onDone({count, problems: [{what, why}]})` after each request. Raises
 * Problem where the service fails, and AbortError; what was told as done then is done.
 */
export async function send(collection, entries, onDone, signal) {
  let rest = entries;
  while (rest.length) {
    const { items, names, problems, taken } = await nextBatch(rest, signal);
    if (items.length) {
      const { results } = await call(`${collectionPath(collection)}/items`, { body: { items }, signal, patience: PATIENCE_MS });
      for (const [at, result] of results.entries()) {
        if (result.status === "rejected") problems.push({ what: names[at], why: result.reason });
      }
    }
    rest = rest.slice(taken);
    onDone({ count: taken, problems });
  }
}

async function nextBatch(entries, signal) {
  const batch = { items: [], names: [], problems: [], taken: 0 };
  let bytes = 0;
  for (const { item, file, name } of entries) {
    if (batch.taken === AT_ONCE || bytes > BYTES_AT_ONCE) break;
    signal.throwIfAborted();
    batch.taken += 1;
    try {
      const image = file ? await scaledDown(file, LONGEST_SIDE) : item.image;
      bytes += image?.length ?? 0;
      batch.items.push(image ? { ...item, image } : item);
      batch.names.push(name);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      batch.problems.push({ what: name, why: problem.detail });
    }
  }
  return batch;
}
