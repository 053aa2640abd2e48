// One query after the other: what both rankings answer, and what the judge says of it.

import { Problem, call, collectionPath } from "../api.js";
import { byId } from "../dom.js";
import { hideNotice, showNotice, showProblem } from "../notice.js";
import { card, mark, radio } from "./cards.js";

const SIDES = ["left", "right"];
const VERDICTS = [["left", "Left"], ["tie", "Neither"], ["right", "Right"]];
const KEYS = { l: "left", t: "tie", r: "right" };

/** onEnd(): all is judged, or the judge has had enough. */
export class Task {
  #form = byId("task");
  #task = null;
  #at = 0;
  #swapped = false; // the second ranking stands on the left
  #grades = new Map();
  #changed = new Set();
  #saved = 0;
  #turn = 0;
  #onEnd;

  constructor({ onEnd }) {
    this.#onEnd = onEnd;
    byId("preferred").replaceChildren(...VERDICTS.map(([value, text]) => radio("preferred", value, text, text)));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    byId("skip").addEventListener("click", () => this.#next());
    byId("end").addEventListener("click", () => this.#end());
    this.#form.addEventListener("keydown", (event) => this.#key(event));
  }

  begin(task) {
    this.#task = task;
    this.#at = 0;
    this.#saved = 0;
    this.#show();
  }

  async #show() {
    const turn = ++this.#turn;
    const { queries, collection, judge } = this.#task;
    const query = queries[this.#at];
    hideNotice();
    this.#form.hidden = false;
    for (const input of this.#form.elements.preferred) input.checked = false;
    byId("query").textContent = query;
    byId("place").textContent = `Query ${this.#at + 1} of ${queries.length} in '${collection}'`;
    this.#busy(true);
    try {
      const known = new URLSearchParams({ collection, judge, query });
      const [one, other, { judgments }] = await Promise.all([this.#search(query, 0), this.#search(query, 1), call(`/v1/judgments?${known}`)]);
      if (turn !== this.#turn) return;
      this.#swapped = crypto.getRandomValues(new Uint8Array(1))[0] % 2 === 1;
      this.#grades = new Map(judgments.map(({ item, grade }) => [item, grade]));
      this.#changed.clear();
      this.#draw(this.#swapped ? [other, one] : [one, other]);
      this.#busy(false);
      byId("query").focus();
    } catch (problem) {
      if (turn === this.#turn) this.#failed(problem, () => this.#show());
    }
  }

  async #search(query, which) {
    const { collection, rankings, depth } = this.#task;
    const body = { query: [{ text: query }], limit: depth, understand: true, ...rankings[which] };
    const { hits } = await call(`${collectionPath(collection)}/search`, { body, headers: { "Binocle-Record": "no" } });
    return hits;
  }

  #draw(hits) {
    SIDES.forEach((side, which) => {
      const cards = hits[which].map((hit, place) => card(hit, side, place, this.#grades.get(hit.id), (item, grade) => this.#grade(item, grade)));
      byId(side).replaceChildren(...cards);
    });
    if (!hits[0].length && !hits[1].length) showNotice({ title: "Nothing found on either side", parts: ["Say that neither is better, or skip the query."] });
  }

  #grade(item, grade) {
    this.#grades.set(item, grade);
    this.#changed.add(item);
    for (const node of this.#form.querySelectorAll(`.card[data-id="${CSS.escape(item)}"]`)) mark(node, grade);
  }

  async #save() {
    const { collection, judge, rankings, queries } = this.#task;
    const grades = Object.fromEntries([...this.#changed].map((item) => [item, this.#grades.get(item)]));
    const verdict = this.#form.elements.preferred.value;
    if (!verdict && !this.#changed.size) {
      return showNotice({ title: "Nothing is judged yet", parts: ["Grade a result, or say which side answers better; or skip the query."] });
    }
    const body = { collection, judge, query: queries[this.#at], grades, rankings, swapped: this.#swapped, ...(verdict && { preferred: this.#meant(verdict) }) };
    this.#busy(true);
    try {
      await call("/v1/judgments", { body });
    } catch (problem) {
      this.#busy(false);
      return this.#failed(problem, () => this.#save());
    }
    this.#saved += 1;
    this.#next();
  }

  /** Which ranking stands on the side that was chosen. */
  #meant(verdict) {
    if (verdict === "tie") return "tie";
    return (verdict === "left") === this.#swapped ? "second" : "first";
  }

  #next() {
    this.#at += 1;
    if (this.#at < this.#task.queries.length) this.#show();
    else this.#end();
  }

  #end() {
    this.#turn += 1;
    this.#form.hidden = true;
    this.#onEnd({ saved: this.#saved, of: this.#task.queries.length, collection: this.#task.collection });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !byId("keys").checked || byId("next").disabled) return;
    const key = event.key.toLowerCase();
    const node = event.target.closest(".card");
    if (node && /^[0-3]$/.test(key)) {
      this.#grade(node.dataset.id, Number(key));
      (nextCard(node) ?? this.#form.elements.preferred[0]).focus();
    } else if (key in KEYS) this.#form.elements.preferred.value = KEYS[key];
    else if (key === "n") this.#save();
    else return;
    event.preventDefault();
  }

  #busy(busy) {
    byId("next").disabled = busy;
    for (const side of SIDES) byId(side).setAttribute("aria-busy", String(busy));
  }

  #failed(problem, retry) {
    if (!(problem instanceof Problem)) throw problem;
    const another = problem.status === 403 ? new Problem({ ...problem, status: 401, detail: problem.message }) : problem;
    showProblem(another, [{ label: "Try again", act: retry }]);
    byId("notice").scrollIntoView({ block: "nearest" });
  }
}

/** The first grade of the card after this one, on the other side after the last. */
function nextCard(node) {
  const cards = [...document.querySelectorAll("#task .card")];
  return cards[cards.indexOf(node) + 1]?.querySelector("input");
}
