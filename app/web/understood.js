// What the words were understood to say: conditions, phrases and unwanted words as chips that can be
// undone, and words that are values of fields as chips that make filters of them.

import { labelOf, shown, valuesOf, withValue } from "./conditions.js";
import { byId, el, icon } from "./dom.js";

const TERMS = /(?:"(?:\\.|[^"\\])*"|\S)+/g; // of the plain form: apart by spaces outside of quotes
const MOST_OFFERED = 3;

/**
 * Show it. `understood`: as the answer tells it. types: of the collection's fields, by name.
 * onWords(q): the words without what was undone. onFilter(filter): a recognised value was taken.
 */
export function showUnderstood(understood, { types, filter, onWords, onFilter }) {
  const list = byId("understood");
  const [one] = understood;
  const chips = one ? [...termChips(one, types, onWords), ...valueChips(one, filter, onFilter)] : [];
  const notes = (one?.notes ?? []).map((note) => el("li", { class: "quiet note", dir: "auto", text: note }));
  list.replaceChildren(...[...chips, ...notes].map((node) => (node.matches("li") ? node : el("li", {}, node))));
  list.hidden = !list.childElementCount;
}

function termChips({ read }, types, onWords) {
  const terms = read.match(TERMS) ?? [];
  if (terms.join(" ") !== read) return []; // an odd text: better nothing than half of it
  return terms.flatMap((term, at) => {
    const text = textOf(term, types);
    if (!text) return [];
    const undo = () => onWords(terms.filter((_, place) => place !== at).join(" "));
    return [
      el("button", { type: "button", class: "chip term", "aria-label": `Undo ${text}`, title: `Understood from the words: ${term}`, click: undo },
        el("span", { dir: "auto", text }), icon("close")),
    ];
  });
}

/** Words that are values: 'Only Colour: red' for each whose field is not bound yet. */
function valueChips({ read, recognised }, filter, onFilter) {
  return recognised
    .filter(({ field, value }) => !valuesOf(filter, field).includes(value) && !read.includes(`${field}:`))
    .slice(0, MOST_OFFERED)
    .map(({ field, value }) => {
      const text = `${labelOf(field)}: ${shown(value)}`;
      return el("button", { type: "button", class: "chip offer", "aria-label": `Only ${text}`, title: `Show only ${text}`, click: () => onFilter(withValue(filter, field, value, true)) },
        icon("plus"), el("span", { dir: "auto", text }));
    });
}

/** A term as people read it; null for a word that is just searched for. */
function textOf(term, types) {
  const negative = term.startsWith("-") && term.length > 1;
  const rest = negative ? term.slice(1) : term;
  const [, field, value] = /^(\w+):(.+)$/s.exec(rest) ?? [];
  if (field in types) return `${negative ? "Not " : ""}${labelOf(field)}: ${valueText(value, types[field] === "datetime")}`;
  const words = unquoted(rest);
  if (rest.startsWith('"')) return `${negative ? "Without " : ""}“${words}”`;
  return negative ? `Away from ${words}` : null;
}

function valueText(value, isDay) {
  const alternatives = value.match(/(?:"(?:\\.|[^"\\])*"|[^",])+/g) ?? [value];
  return alternatives.map((one) => boundText(one, isDay)).join(" or ");
}

function boundText(one, isDay) {
  if (one === "*") return "any";
  if (one.startsWith('"')) return unquoted(one);
  const [, sign, limit] = /^([<>]=?)(.+)$/.exec(one) ?? [];
  const names = isDay ? { "<": "before", "<=": "until", ">": "after", ">=": "from" } : { "<": "under", "<=": "up to", ">": "over", ">=": "from" };
  if (sign) return `${names[sign]} ${limit}`;
  return one.replace(/^(.+?)\.\.(.+)$/, "$1 – $2").replace(/\*$/, "…");
}

const unquoted = (text) => (text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, "$1") : text);
