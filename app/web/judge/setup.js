// What is to be judged: by whom, which queries, which two rankings. The address keeps it, so that
// a link gives the same task to another judge.

import { call, listCollections } from "../api.js";
import { byId, el } from "../dom.js";
import { rankingForm, settingsOf } from "./rankings.js";

const MOST_QUERIES = 200;
const LONGEST_QUERY = 500;
const NAME = "binocle.judge";

/** onBegin({judge, collection, queries, rankings: [first, second], depth}) */
export class Setup {
  #form = byId("setup");
  #onBegin;

  constructor({ onBegin }) {
    this.#onBegin = onBegin;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin();
    });
    byId("list").addEventListener("input", () => this.#countQueries());
    byId("logged").addEventListener("click", () => this.#takeLogged());
  }

  /** Show the form with what the address says. Raises Problem. */
  async show() {
    const collections = await listCollections();
    const params = new URLSearchParams(window.location.search);
    byId("of").replaceChildren(...collections.map(({ name }) => el("option", { value: name, text: name })));
    if (params.get("collection")) byId("of").value = params.get("collection");
    byId("judge").value = remembered();
    byId("list").value = params.getAll("q").join("\n");
    if (Number(params.get("depth"))) byId("depth").value = params.get("depth");
    byId("rankings").replaceChildren(
      rankingForm("a", "One ranking", settingsIn(params.get("a"))),
      rankingForm("b", "The other ranking", settingsIn(params.get("b"))),
    );
    this.#countQueries();
    this.#form.hidden = false;
    this.#offerLogged();
  }

  get queries() {
    const lines = byId("list").value.split("\n").map((line) => line.replace(/\s+/g, " ").trim().slice(0, LONGEST_QUERY));
    return [...new Set(lines.filter(Boolean))].slice(0, MOST_QUERIES);
  }

  #begin() {
    const judge = byId("judge").value.trim();
    const { queries } = this;
    const depth = Math.min(50, Math.max(1, Number(byId("depth").value) || 10));
    const rankings = [settingsOf(this.#form, "a"), settingsOf(this.#form, "b")];
    const wrong = (judge ? "" : "Say who you are.") || (queries.length ? "" : "Give at least one query.") || (byId("of").value ? "" : "There is no collection yet.");
    byId("setup-wrong").textContent = wrong;
    if (wrong) return byId(judge ? "list" : "judge").focus();
    remember(judge);
    const task = { judge, collection: byId("of").value, queries, rankings, depth };
    history.replaceState(null, "", addressOf(task));
    this.#form.hidden = true;
    this.#onBegin(task);
  }

  #countQueries() {
    const count = this.queries.length;
    byId("list-note").textContent = `${count} ${count === 1 ? "query" : "queries"}${count === MOST_QUERIES ? ", the most at once" : ""}`;
  }

  /** Only where the service keeps searches, and tells them to this key. */
  async #offerLogged() {
    const asked = await mostAsked(byId("of").value).catch(() => []);
    byId("logged").hidden = !asked.length;
  }

  async #takeLogged() {
    const asked = await mostAsked(byId("of").value).catch(() => []);
    byId("list").value = [...this.queries, ...asked].join("\n");
    byId("list").value = this.queries.join("\n");
    this.#countQueries();
  }
}

async function mostAsked(collection) {
  const { top = [] } = await call(`/v1/operations/queries?collection=${encodeURIComponent(collection)}`);
  return top.map(({ text }) => text).filter(Boolean);
}

function addressOf({ collection, queries, rankings: [a, b], depth }) {
  const params = new URLSearchParams({ collection, depth });
  for (const query of queries) params.append("q", query);
  params.set("a", JSON.stringify(a));
  params.set("b", JSON.stringify(b));
  return `?${params}`;
}

function settingsIn(text) {
  try {
    const settings = JSON.parse(text ?? "{}");
    return settings && typeof settings === "object" ? settings : {};
  } catch {
    return {}; // a link cut off on its way
  }
}

function remembered() {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

function remember(name) {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // storage is switched off: the name is typed again
  }
}
