// What the grammar of the box offers beside known values: bounds of numbers and days, yes and no,
// built-in fields, and days of the one date.

const LAST_WORD = /(?:^|\s)-?(\w{2,64})(:?)$/;
const BUILT_IN = ["tags", "colors", "width", "height", "uploaded_at"];
const NUMBER = [["<", "below a number"], [">=", "from a number on"]];
const VALUES = {
  integer: NUMBER,
  float: NUMBER,
  datetime: [["<", "before a day"], [">=", "from a day on"]],
  bool: [["yes", ""], ["no", ""]],
};
const DAYS = [["before", "a day, a month or a year"], ["after", "a day, a month or a year"]];

/** Options [{text, box, kind, note}] for what is typed so far; types: of the fields, by name. */
export function hintsFor(words, types) {
  const [, last, colon] = LAST_WORD.exec(words) ?? [];
  if (!last) return [];
  const before = words.slice(0, words.length - last.length - colon.length);
  const option = (text, note, kind = "hint") => ({ text, box: before + text, kind, note });
  if (colon) {
    const field = Object.keys(types).find((name) => name.toLowerCase() === last.toLowerCase());
    return (VALUES[types[field]] ?? []).map(([value, note]) => option(`${field}:${value}`, note, note ? "hint" : "value"));
  }
  const begins = (name) => name.startsWith(last.toLowerCase());
  return [
    ...DAYS.filter(([name]) => begins(name)).map(([name, note]) => option(`${name}:`, note)),
    ...BUILT_IN.filter((name) => name in types && begins(name)).map((name) => option(`${name}:`, "field")),
  ];
}
