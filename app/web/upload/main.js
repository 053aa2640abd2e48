// The page that makes a collection of pictures: choose, see what will be made, send, open.

import { Problem, isAborted, listCollections, readSession } from "../api.js";
import { counted, labelOf } from "../conditions.js";
import { byId, el } from "../dom.js";
import { hideNotice, showProblem } from "../notice.js";
import { faceOf } from "../picture.js";
import { understand } from "./choice.js";
import { createCollection, send } from "./sending.js";

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const FACES = 24; // pictures that are shown before they are sent

class Upload {
  #taken = new Set(); // names of the collections there are
  #choice = null;
  #rest = []; // entries still to be sent
  #done = 0;
  #problems = [];
  #stopping = new AbortController();
  #sending = false;
  #turn = 0;

  async start() {
    try {
      const session = await readSession();
      if (session.required && session.role !== "admin") return this.#explain(session);
      this.#taken = new Set((await listCollections()).map(({ name }) => name));
    } catch (problem) {
      return this.#failed(problem, () => this.start());
    }
    this.#watch();
    byId("upload").hidden = false;
  }

  #explain({ role }) {
    const came = role ? `The key in use may ${role}.` : "";
    showProblem(new Problem({ status: 401, title: "A key is needed to make collections", detail: `${came} This needs one that may admin; \`binocle keys create NAME --role admin\` makes one.`.trim() }));
  }

  #watch() {
    byId("name").addEventListener("input", () => this.#checkName(true));
    byId("choose").addEventListener("click", () => byId("files").click());
    byId("files").addEventListener("change", ({ target }) => {
      const files = [...target.files];
      target.value = "";
      if (files.length) this.#take(files);
    });
    byId("stop").addEventListener("click", () => this.#stopping.abort());
    byId("goon").addEventListener("click", () => this.#send());
    byId("upload").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#checkName(false)) this.#begin();
    });
    document.addEventListener("dragover", (event) => this.#over(event));
    document.addEventListener("dragleave", (event) => event.relatedTarget || byId("zone").classList.remove("over"));
    document.addEventListener("drop", (event) => this.#dropped(event));
    window.addEventListener("beforeunload", (event) => this.#sending && event.preventDefault());
  }

  #over(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    byId("zone").classList.add("over");
  }

  #dropped(event) {
    byId("zone").classList.remove("over");
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    if (!byId("upload").hidden) this.#take(files);
  }

  /** Whether the name will do; while it is typed, only what can't become right is told. */
  #checkName(typing) {
    const name = byId("name").value.trim();
    let wrong = "";
    if (this.#taken.has(name)) wrong = `There is a collection '${name}' already: choose another name.`;
    else if (name ? !NAME.test(name) : !typing) wrong = "A name has small letters, digits, - and _, and begins with a letter or digit.";
    byId("name-wrong").textContent = wrong;
    byId("name").setAttribute("aria-invalid", String(Boolean(wrong)));
    if (wrong && !typing) byId("name").focus();
    return !wrong;
  }

  async #take(files) {
    const turn = ++this.#turn;
    hideNotice();
    byId("chosen").textContent = "Reading the files …";
    try {
      const choice = await understand(files);
      if (turn !== this.#turn) return;
      this.#choice = choice;
      this.#problems = choice.problems;
      this.#describe(choice);
      this.#showProblems();
      await this.#showFaces(turn, choice.entries);
    } catch (problem) {
      if (turn !== this.#turn) return;
      byId("chosen").replaceChildren();
      byId("send").disabled = true;
      this.#failed(problem);
    }
  }

  #describe({ entries, fields, notes, whole }) {
    const count = entries.length;
    const types = Object.entries(fields).map(([name, type]) => `${labelOf(name)} (${type})`);
    byId("chosen").replaceChildren(
      el("p", {}, el("strong", { text: count ? `${items(count)} to upload.` : "Nothing of this can be uploaded." }), types.length ? ` Fields: ${types.join(", ")}.` : ""),
      whole ? "" : el("p", { text: `Only the first ${items(count)} are taken here; load the whole with binocle ingest.` }),
      notes.length ? el("ul", {}, ...notes.map((text) => el("li", { dir: "auto", text }))) : "",
    );
    byId("send").disabled = !count;
    byId("send").textContent = count ? `Upload ${items(count)}` : "Upload";
    const name = byId("name");
    if (count && !name.value) name.focus();
  }

  async #showFaces(turn, entries) {
    const list = byId("faces");
    list.replaceChildren();
    list.hidden = true;
    for (const { file, item } of entries.filter((entry) => entry.file).slice(0, FACES)) {
      const face = await faceOf(file);
      if (turn !== this.#turn) return;
      if (!face) continue;
      face.setAttribute("role", "img");
      face.setAttribute("aria-label", item.title || item.id);
      list.append(el("li", {}, face));
      list.hidden = false;
    }
  }

  async #begin() {
    this.#rest = this.#choice.entries;
    this.#done = 0;
    try {
      await createCollection(this.#name, this.#choice.fields);
    } catch (problem) {
      return this.#failed(problem);
    }
    hideNotice();
    byId("upload").hidden = true;
    byId("going").hidden = false;
    await this.#send();
  }

  async #send() {
    this.#stopping = new AbortController();
    this.#busy(true);
    byId("stop").focus();
    hideNotice();
    this.#count();
    try {
      await send(this.#name, this.#rest, (done) => this.#onDone(done), this.#stopping.signal);
    } catch (problem) {
      if (!isAborted(problem)) this.#failed(problem);
    } finally {
      this.#busy(false);
      this.#count();
    }
  }

  #onDone({ count, problems }) {
    this.#rest = this.#rest.slice(count);
    this.#done += count - problems.length;
    this.#problems = [...this.#problems, ...problems];
    this.#count();
    this.#showProblems();
  }

  #busy(busy) {
    this.#sending = busy;
    const left = this.#rest.length;
    byId("stop").hidden = !busy;
    byId("goon").hidden = busy || !left;
    const open = byId("open");
    open.hidden = busy || !this.#done;
    open.href = `/?collection=${encodeURIComponent(this.#name)}`;
    open.textContent = `Open '${this.#name}'`;
    if (!busy) (left ? byId("goon") : open).focus();
  }

  #count() {
    const all = this.#choice.entries.length;
    const left = this.#rest.length;
    byId("bar").value = all ? (all - left) / all : 0;
    const state = left ? (this.#sending ? "" : " Stopped.") : " Done.";
    byId("count").textContent = `${counted(this.#done)} of ${items(all)} ${all === 1 ? "is" : "are"} in '${this.#name}'.${state}`;
  }

  #showProblems() {
    const count = this.#problems.length;
    byId("problems").hidden = !count;
    byId("problems-title").textContent = `${counted(count)} left out`;
    byId("problem-rows").replaceChildren(
      ...this.#problems.map(({ what, why }) => el("tr", {}, el("td", { dir: "auto", text: what }), el("td", { dir: "auto", text: why }))),
    );
  }

  #failed(problem, retry) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(problem, retry ? [{ label: "Try again", act: retry }] : []);
    byId("notice").scrollIntoView({ block: "nearest" });
  }

  get #name() {
    return byId("name").value.trim();
  }
}

const items = (count) => `${counted(count)} ${count === 1 ? "item" : "items"}`;

new Upload().start();
