// What is searched with beside the words: pictures, links to pictures, and items, each with its say.

/** How much a part counts, and which way. Halves and doubles: finer shades can't be told apart. */
export const SAYS = Object.freeze({
  more: { label: "more of this", weight: 2 },
  like: { label: "like this", weight: 1 },
  less: { label: "a little of this", weight: 0.5 },
  not: { label: "not this", weight: -0.5 },
});

/** Parts in one search: each is a picture to look at, and the service takes no more than 20. */
export const MOST = 8;

/** A part: kind is 'item' (its id), 'link' (a URL) or 'picture' (a key of picture.js). */
export const part = (kind, value, say = "like", region = null) => ({ kind, value, say, region });

const sameAs = (one) => (other) => one.kind === other.kind && one.value === other.value && sameRegion(one.region, other.region);
const sameRegion = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** `parts` with `added`, once: what is there already gets its say. */
export function withPart(parts, added) {
  return parts.some(sameAs(added)) ? withSay(parts, added, added.say) : [...parts, added];
}

export const withoutPart = (parts, one) => parts.filter((other) => !sameAs(one)(other));

export const withSay = (parts, one, say) => parts.map((other) => (sameAs(one)(other) ? { ...other, say } : other));

/** `parts` with `one` of them cut to a region. */
export const withRegion = (parts, one, region) => parts.map((other) => (sameAs(one)(other) ? { ...other, region } : other));

/** The part as the search API takes it; `dataOf` gives a kept picture's data URL. */
export function asQuery({ kind, value, say, region }, dataOf) {
  const content = { item: () => ({ id: value }), link: () => ({ image_url: value }), picture: () => ({ image: dataOf(value) }) }[kind]();
  const weight = SAYS[say].weight;
  return { ...content, ...(weight !== 1 && { weight }), ...(region && { region }) };
}
