// Why a result stands where it does: what each aspect adds, as bars; words found; what stages changed.

import { Problem } from "./api.js";
import { labelOf } from "./conditions.js";
import { el } from "./dom.js";

const NAMES = { joint: "Meaning", lexical: "Words", appearance: "Colours and shapes", rescore: "Scored again", ranker: "Learned ranker", cross_encoder: "Cross-encoder" };
const nameOf = (name) => NAMES[name] ?? labelOf(name);

/** Tell in `body` what `explain()` answers: {hit, how, exact}; a failure is asked for again at the next call. */
export async function tellWhy(body, explain) {
  if (body.querySelector(".told")) return;
  body.textContent = "Asking …";
  try {
    const told = await explain();
    const nodes = told ? reasons(told) : [];
    body.replaceChildren(...(nodes.length ? nodes : [el("p", { class: "told quiet", text: "The service tells no reasons for it." })]));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    body.textContent = [problem.title, problem.hint, "Close and open this to ask again."].filter(Boolean).join(" – ");
  }
}

function reasons({ hit, how, exact }) {
  const { aspects = {}, parts = [], matched = {}, changes = [] } = hit.explanation ?? {};
  const plan = how.retrieve?.aspects ?? {};
  const near = Object.entries(aspects).map(([name, { raw, rank }]) => {
    const place = rank === null ? " · not among its best" : ` · place ${rank} by this alone`;
    return { label: nameOf(name), value: name in plan ? added(raw, plan[name]) : raw, text: raw.toFixed(3) + (exact ? place : "") };
  });
  const asked = parts.map((cosine, at) => ({ label: how.compose?.[at]?.shown ?? `Part ${at + 1}`, value: cosine, text: `cosine ${cosine.toFixed(3)}` }));
  return [
    ...bars("How near it is, and what that adds", near),
    ...bars("To each part of the query", asked.length > 1 ? asked : []),
    ...list("Words of the query in it", Object.entries(matched).map(([field, words]) => `${labelOf(field)}: ${words.join(", ")}`)),
    ...list("What later stages did", changes.map(movedText)),
    ...list("Left out", Object.entries(how.retrieve?.left_out ?? {}).map(([name, reason]) => `${nameOf(name)}: ${reason}`)),
  ];
}

/** What a raw score adds to the fused one: by the plan's factor, and the score that counts one half. */
const added = (raw, { factor, half = null }) => factor * (half === null ? raw : raw / (raw + half));

function bars(title, rows) {
  if (!rows.length) return [];
  const most = Math.max(...rows.map(({ value }) => Math.abs(value)), 1e-9);
  const lines = rows.map(({ label, value, text }) => {
    const bar = el("span", { class: value < 0 ? "share against" : "share", "aria-hidden": "true" });
    bar.style.setProperty("--share", Math.abs(value) / most);
    return el("tr", {}, el("th", { scope: "row", dir: "auto", text: label }), el("td", {}, bar, el("span", { class: "quiet", text })));
  });
  return [el("table", { class: "told" }, el("caption", { text: title }), el("tbody", {}, ...lines))];
}

function list(title, texts) {
  if (!texts.length) return [];
  return [el("div", { class: "told" }, el("h3", { text: title }), el("ul", {}, ...texts.map((text) => el("li", { dir: "auto", text }))))];
}

function movedText({ stage, before, after, reason }) {
  const moved = before === after ? `stays at ${after}` : before ? `from ${before} to ${after}` : `put at ${after}`;
  return `${nameOf(stage)}: ${moved}${reason ? ` – ${reason}` : ""}`;
}
