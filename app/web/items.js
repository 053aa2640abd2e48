// Items that were seen, by collection and id, so that few are asked for one by one.

import { getItem, thumbnailUrl } from "./api.js";

const REMEMBERED = 5000;

export class Items {
  #seen = new Map();

  add(collection, hits) {
    if (this.#seen.size > REMEMBERED) this.#seen.clear();
    for (const hit of hits) this.#seen.set(keyOf(collection, hit.id), hit);
  }

  /** The item as a hit; raises Problem where there is none. */
  async get(collection, id) {
    const known = this.#seen.get(keyOf(collection, id));
    if (known) return known;
    const item = await getItem(collection, id);
    const hit = { thumbnail: thumbnailUrl(collection, id), ...item, score: null, relevance: null };
    this.add(collection, [hit]);
    return hit;
  }

  /** Its title ("" without one); null while the item is unknown. */
  titleOf(collection, id) {
    const hit = this.#seen.get(keyOf(collection, id));
    return hit ? (hit.title ?? "") : null;
  }
}

const keyOf = (collection, id) => `${collection}\n${id}`;
