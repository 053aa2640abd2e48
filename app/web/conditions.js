// The filter as the page edits it: the API's own JSON, one condition per field, never changed in place.

/** `filter` with `value` of `field` chosen or not; no value left means no condition. */
export function withValue(filter, field, value, chosen) {
  const others = valuesOf(filter, field).filter((one) => one !== value);
  const values = chosen ? [...others, value] : others;
  return values.length ? { ...filter, [field]: values } : without(filter, field);
}

/** `filter` with `condition` on `field`; null takes it away. */
export function withCondition(filter, field, condition) {
  return condition === null ? without(filter, field) : { ...filter, [field]: condition };
}

/** What passes both of two filters; null and {} let all pass. */
export function both(one, other) {
  const filters = [one, other].filter((each) => each && Object.keys(each).length);
  return filters.length > 1 ? { and: filters } : (filters[0] ?? {});
}

export function without(filter, field) {
  const { [field]: _, ...rest } = filter;
  return rest;
}

/** The values chosen of a field: [] where there is none or another kind of condition. */
export function valuesOf(filter, field) {
  const condition = filter[field];
  if (condition === undefined || condition === null) return [];
  if (Array.isArray(condition)) return condition;
  if (typeof condition !== "object") return [condition];
  return Array.isArray(condition.any) ? condition.any : []; // a hand-broken one
}

/** Chips that say what is active: {text, filter: the filter when the chip is removed}. */
export function describeFilter(filter, fields) {
  return Object.entries(filter).flatMap(([field, condition]) => {
    const values = valuesOf(filter, field);
    if (values.length) {
      return values.map((value) => ({
        text: `${labelOf(field)}: ${shown(value)}`,
        filter: withValue(filter, field, value, false),
      }));
    }
    return [{ text: conditionText(field, condition, fields[field]), filter: without(filter, field) }];
  });
}

/** 'article_type' as people read it: 'Article type'. */
export function labelOf(field) {
  const words = field.replaceAll("_", " ").trim() || field;
  return words[0].toUpperCase() + words.slice(1);
}

export function shown(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value); // numbers too: they may be years
}

/** A number of things: 12,345. */
export const counted = (number) => number.toLocaleString("en");

/** The last day within a bound that is exclusive: the day before `lt`. */
export function lastDay(lt) {
  const day = new Date(`${lt.slice(0, 10)}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - 1);
  return Number.isNaN(day.getTime()) ? "" : day.toISOString().slice(0, 10);
}

/** The first day past `day`, so that the whole of `day` is within. */
export function dayAfter(day) {
  const next = new Date(`${day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

function conditionText(field, condition, kind) {
  const label = labelOf(field);
  if (condition?.match) return `${label}: ${condition.match}`;
  const { gt, gte, lt, lte, ...other } = condition ?? {};
  const low = gte ?? gt;
  const high = lte ?? (kind === "datetime" && typeof lt === "string" ? lastDay(lt) : lt);
  if (Object.keys(other).length || (low === undefined && high === undefined)) {
    return `${field}: ${JSON.stringify(condition)}`;
  }
  if (low === undefined) return `${label}: up to ${high}`;
  return high === undefined ? `${label}: from ${low}` : `${label}: ${low} – ${high}`;
}
