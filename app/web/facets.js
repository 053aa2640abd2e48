// Values and counts of a collection's fields. They depend on the filter, and on the conditions that
// are among the words, not on all else of the query: they are asked for only when these change.

import { search } from "./api.js";
import { both, without } from "./conditions.js";

const CHOSEN_FROM = new Set(["keyword", "bool"]);
const MOST_AT_ONCE = 20; // fields that the API counts in one request
const NOT_OFFERED = new Set(["id", "visibility", "owner_id", "title", "description", "width", "height", "aspect", "safety", "product_id", "duplicate_group"]);

/** The fields to filter by, in order: the catalog's own first, then the built-in ones of use. */
export function filterFields({ fields = {}, attributes = [] }) {
  const names = [...attributes, ...Object.keys(fields).filter((name) => !attributes.includes(name))];
  return names
    .filter((name) => attributes.includes(name) || !NOT_OFFERED.has(name))
    .map((name) => ({ name, kind: fields[name], chosen: CHOSEN_FROM.has(fields[name]) }));
}

/**
 * Counts by field: {field: [{value, count}]}. A field that is filtered by is counted as if it were
 * not, so that its other values stay on offer; `said`, the conditions among the words, always holds.
 */
export async function loadFacets(collection, fields, filter, said, signal) {
  const names = fields.filter((field) => field.chosen).map((field) => field.name);
  const free = names.filter((name) => !(name in filter));
  const bound = names.filter((name) => name in filter);
  const asks = bound.map((name) => [[name], without(filter, name)]);
  for (let at = 0; at < free.length; at += MOST_AT_ONCE) asks.push([free.slice(at, at + MOST_AT_ONCE), filter]);
  const answers = await Promise.all(
    asks.map(([facets, rest]) => search(collection, { query: [], filter: both(rest, said), facets, limit: 1 }, signal)),
  );
  return Object.assign({}, ...answers.map((answer) => answer.facets ?? {}));
}
