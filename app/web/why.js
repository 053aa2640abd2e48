// Why a result stands where it does: what each aspect adds, as bars; words found; what stages changed.

import { Problem } from "./api.js";
import { labelOf } from "./conditions.js";
import { el } from "./dom.js";

const ASPECTS = { joint: "Meaning", lexical: "Words", appearance: "Colours and shapes" };
const STAGES = { rescore: "Scored again", ranker: "Learned ranker", cross_encoder: "Cross-encoder", rules: "Rules" };

/** A section that asks `explain()` for {hit, how, exact} when it is first opened. */
export function whySection(explain) {
  const body = el("div", { class: "why-body", role: "status" });
  const section = el("details", { class: "why" }, el("summary", { text: "Why this result" }), body);
  section.addEventListener("toggle", async () => {
    if (!section.open || body.childElementCount) return;
    body.textContent = "Asking …";
    try {
      const told = await explain();
      body.replaceChildren(...(told ? reasons(told) : [el("p", { class: "quiet", text: "It is no result of this search any more." })]));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      body.textContent = "";
      body.append(el("p", { class: "problem", text: [problem.title, problem.hint].filter(Boolean).join(" – ") }));
      section.addEventListener("toggle", () => body.replaceChildren(), { once: true }); // closing it lets one ask again
    }
  });
  return section;
}

function* reasons({ hit, how, exact }) {
  const { aspects = {}, parts = [], matched = {}, changes = [] } = hit.explanation ?? {};
  const plan = how.retrieve?.aspects ?? {};
  const rows = Object.entries(aspects).map(([name, { raw, rank }]) => {
    const added = name in plan ? shareOf(raw, plan[name]) : raw;
    const place = !exact ? "" : rank === null ? "not among its best" : `place ${rank} by this alone`;
    return { label: ASPECTS[name] ?? labelOf(name), value: added, text: [raw.toFixed(3), place].filter(Boolean).join(" · ") };
  });
  if (rows.length) yield bars("How near it is, and what that adds", rows);
  const asked = how.compose ?? [];
  if (parts.length > 1) {
    yield bars("To each part of the query", parts.map((cosine, at) => ({ label: asked[at]?.shown ?? `Part ${at + 1}`, value: cosine, text: `cosine ${cosine.toFixed(3)}` })));
  }
  const found = Object.entries(matched).map(([field, words]) => `${labelOf(field)}: ${words.join(", ")}`);
  if (found.length) yield list("Words of the query in it", found);
  const moved = changes.map(movedText);
  if (moved.length) yield list("What later stages did", moved);
  for (const [name, reason] of Object.entries(how.retrieve?.left_out ?? {})) {
    yield el("p", { class: "quiet", text: `${ASPECTS[name] ?? labelOf(name)} left out: ${reason}` });
  }
  if (!rows.length && !found.length) yield el("p", { class: "quiet", text: "The service tells no reasons for it." });
}

/** What a raw score adds to the fused one: by the plan's factor, and the score that counts one half. */
function shareOf(raw, { factor, half = null }) {
  return factor * (half === null ? raw : raw / (raw + half));
}

function bars(title, rows) {
  const most = Math.max(...rows.map(({ value }) => Math.abs(value)), 1e-9);
  const lines = rows.map(({ label, value, text }) => {
    const bar = el("span", { class: value < 0 ? "share against" : "share", "aria-hidden": "true" });
    bar.style.setProperty("--share", Math.abs(value) / most);
    return el("tr", {}, el("th", { scope: "row", dir: "auto", text: label }), el("td", {}, bar, el("span", { class: "quiet", text })));
  });
  return el("table", {}, el("caption", { text: title }), el("tbody", {}, ...lines));
}

function list(title, texts) {
  return el("div", {}, el("h3", { text: title }), el("ul", {}, ...texts.map((text) => el("li", { dir: "auto", text }))));
}

function movedText({ stage, before, after, reason }) {
  const name = STAGES[stage] ?? labelOf(stage);
  const moved = before === after ? `stays at ${after}` : before ? `from ${before} to ${after}` : `put at ${after}`;
  return `${name}: ${moved}${reason ? ` – ${reason}` : ""}`;
}
