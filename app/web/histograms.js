// How the numbers and dates of a collection lie: counts in bins, for the sliders.

import { search, searchAll } from "./api.js";
import { both, without } from "./conditions.js";

const BINS = 24;
const MOST_AT_ONCE = 5; // histograms that the API makes in one request
const DAY = 86_400_000; // milliseconds

/** Days since 1970 of an ISO date or moment, and the ISO date of such a day. */
export const dayOf = (text) => Math.floor(new Date(text).getTime() / DAY);
export const isoOf = (day) => new Date(day * DAY).toISOString().slice(0, 10);

/**
 * Bins by field, lowest first: {field: [{from, to, count}]}, in days since 1970 for dates; [] where
 * no item has a value. A field is counted as if it were not filtered by; `said`, the conditions
 * among the words, always holds.
 */
export async function loadHistograms(collection, fields, filter, said, signal) {
  const numbers = fields.filter(({ kind }) => kind === "integer" || kind === "float").map(({ name }) => name);
  const dates = fields.filter(({ kind }) => kind === "datetime").map(({ name }) => name);
  const restOf = (name) => both(without(filter, name), said);
  const asks = numbers.filter((name) => name in filter).map((name) => [[name], restOf(name)]);
  const free = numbers.filter((name) => !(name in filter));
  for (let at = 0; at < free.length; at += MOST_AT_ONCE) asks.push([free.slice(at, at + MOST_AT_ONCE), both(filter, said)]);
  const answers = await Promise.all([
    ...asks.map(async ([names, rest]) => {
      const histograms = Object.fromEntries(names.map((name) => [name, BINS]));
      return (await search(collection, { query: [], filter: rest, histograms, limit: 1 }, signal)).histograms ?? {};
    }),
    ...dates.map(async (name) => ({ [name]: await dateBins(collection, name, restOf(name), signal) })),
  ]);
  const none = Object.fromEntries([...numbers, ...dates].map((name) => [name, []]));
  return Object.assign(none, ...answers);
}

/** The API bins numbers only: so the first and the last day, then the number of items in each stretch between. */
async function dateBins(collection, name, filter, signal) {
  const known = both(filter, { [name]: { exists: true } });
  const ends = await searchAll(collection, ["", "-"].map((sign) => ({ query: [], filter: known, sort: sign + name, limit: 1 })), signal);
  const [first, last] = ends.map(({ hits }) => (hits.length ? dayOf([hits[0].payload[name]].flat()[0]) : NaN));
  if (!(last >= first)) return [];
  const width = Math.ceil((last - first + 1) / BINS);
  const edges = [];
  for (let day = first; day <= last; day += width) edges.push(day);
  const asks = edges.map((day) => ({ query: [], filter: both(filter, { [name]: { gte: isoOf(day), lt: isoOf(day + width) } }), limit: 1 }));
  const counts = await searchAll(collection, asks, signal);
  return edges.map((from, at) => ({ from, to: from + width, count: counts[at].total ?? 0 }));
}
