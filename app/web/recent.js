// The last searches by words in each collection: kept in this browser, never sent anywhere.

const MOST = 8;
const LONGEST = 200; // characters: what is longer was pasted, and is not typed again

/** The last searches, the newest first. */
export function recent(collection) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(collection)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((text) => typeof text === "string").slice(0, MOST) : [];
  } catch {
    return []; // storage is switched off, or what it holds is not ours
  }
}

/** Remember a search. */
export function remember(collection, words) {
  const text = words.trim();
  if (!text || text.length > LONGEST) return;
  const others = recent(collection).filter((one) => one.toLowerCase() !== text.toLowerCase());
  write(collection, [text, ...others].slice(0, MOST));
}

/** Remember none of a collection's. */
export function forget(collection) {
  write(collection, []);
}

function write(collection, texts) {
  try {
    localStorage.setItem(keyOf(collection), JSON.stringify(texts));
  } catch {
    // storage is switched off or full: the next visit has none
  }
}

const keyOf = (collection) => `binocle.recent.${collection}`;
