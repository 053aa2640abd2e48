// What the words were understood to say: conditions, phrases and unwanted words as chips that can be
// undone, and words that are values of fields as chips that make filters of them.

import { labelOf, shown, valuesOf, withValue } from "./conditions.js";
import { byId, el, icon } from "./dom.js";

const TERMS = /(?:"(?:\\.|[^"\\])*"|\S)+/g; // of the plain form: apart by spaces outside of quotes
const VALUES = /(?:"(?:\\.|[^"\\])*"|[^",])+/g;
const BOUNDS = { "<": "under", "<=": "up to", ">": "over", ">=": "from" };
const DAYS = { "<": "before", "<=": "until", ">": "after", ">=": "from" };
const MOST_OFFERED = 3;

/**
 * Show it. `understood`: as the answer tells it. types: of the collection's fields, by name.
 * onWords(q): the words without what was undone. onFilter(filter): a recognised value was taken.
 */
export function showUnderstood([one], { types, filter, onWords, onFilter }) {
  const list = byId("understood");
  const chips = one ? [...termChips(one, types, onWords), ...valueChips(one, filter, onFilter)] : [];
  const notes = (one?.notes ?? []).map((note) => el("span", { class: "quiet note", dir: "auto", text: note }));
  list.replaceChildren(...[...chips, ...notes].map((node) => el("li", {}, node)));
  list.hidden = !list.childElementCount;
}

function termChips({ read }, types, onWords) {
  const terms = read.match(TERMS) ?? [];
  if (terms.join(" ") !== read) return []; // an odd text: better nothing than half of it
  return terms.flatMap((term, at) => {
    const text = textOf(term, types);
    const undo = () => onWords(terms.filter((_, place) => place !== at).join(" "));
    return text ? [chip("term", `Undo ${text}`, undo, el("span", { dir: "auto", text }), icon("close"))] : [];
  });
}

/** Words that are values: 'Only Colour: red' for each whose field is not bound yet. */
function valueChips({ read, recognised }, filter, onFilter) {
  const free = recognised.filter(({ field, value }) => !valuesOf(filter, field).includes(value) && !read.includes(`${field}:`));
  return free.slice(0, MOST_OFFERED).map(({ field, value }) => {
    const text = `${labelOf(field)}: ${shown(value)}`;
    return chip("offer", `Only ${text}`, () => onFilter(withValue(filter, field, value, true)), icon("plus"), el("span", { dir: "auto", text }));
  });
}

const chip = (kind, label, click, ...content) => el("button", { class: `chip ${kind}`, "aria-label": label, title: label, click }, ...content);

/** A term as people read it; null for a word that is just searched for. */
function textOf(term, types) {
  const negative = term.startsWith("-") && term.length > 1;
  const rest = negative ? term.slice(1) : term;
  const [, field, value] = /^(\w+):(.+)$/s.exec(rest) ?? [];
  if (field in types) {
    const values = (value.match(VALUES) ?? [value]).map((each) => valueText(each, types[field] === "datetime" ? DAYS : BOUNDS));
    return `${negative ? "Not " : ""}${labelOf(field)}: ${values.join(" or ")}`;
  }
  if (rest.startsWith('"')) return `${negative ? "Without " : ""}“${unquoted(rest)}”`;
  return negative ? `Away from ${rest}` : null;
}

function valueText(value, names) {
  if (value.startsWith('"')) return unquoted(value);
  const [, sign, limit] = /^([<>]=?)(.+)$/.exec(value) ?? [];
  if (sign) return `${names[sign]} ${limit}`;
  return value === "*" ? "any" : value.replace(/^(.+?)\.\.(.+)$/, "$1 – $2").replace(/\*$/, "…");
}

const unquoted = (text) => text.slice(1, -1).replace(/\\(.)/g, "$1");
