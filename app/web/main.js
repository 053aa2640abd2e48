// The page: what is asked, kept in the address; and the parts that show the answer.

import { Problem, describeCollection, getItem, isAborted, listCollections } from "./api.js";
import { showAlso } from "./also.js";
import { Answer, isAsked } from "./answer.js";
import { allowEvents, tell } from "./asker.js";
import { CollectionMenu } from "./collections.js";
import { withValue } from "./conditions.js";
import { Detail } from "./detail.js";
import { byId } from "./dom.js";
import { FilterArea } from "./filterarea.js";
import { LINK, watchIntake } from "./intake.js";
import { Items } from "./items.js";
import { NOTHING, readLocation, rememberScroll, writeLocation } from "./location.js";
import { hideNotice, showEmpty, showProblem } from "./notice.js";
import { MOST, part, withPart, withRegion, withSay, withoutPart } from "./parts.js";
import { keepPicture, pictureOf } from "./picture.js";
import { SearchBox } from "./searchbox.js";
import { showSorting } from "./sorting.js";
import { showUnderstood } from "./understood.js";

class Page {
  #view = { ...NOTHING, collection: null };
  #info = null; // what the service says of the shown collection
  #typing = false; // the present history entry was made by typing and may be replaced
  #turn = 0; // counts what was shown, so that a late answer sees that it is late
  #items = new Items();
  #menu = new CollectionMenu({ onChoose: (collection) => this.#go({ ...NOTHING, q: this.#view.q, parts: this.#view.parts.filter(({ kind }) => kind !== "item"), collection }) });
  #box = new SearchBox({
    onWords: (q, { final }) => this.#words(q, final),
    onSay: (one, say) => this.#refine({ parts: withSay(this.#view.parts, one, say) }),
    onRemove: (one) => this.#refine({ parts: withoutPart(this.#view.parts, one) }),
    onRegion: (one, region) => this.#refine({ parts: withRegion(this.#view.parts, one, region) }),
    onClear: () => this.#refine({ q: "" }),
  });
  #filters = new FilterArea({ onChange: (filter) => this.#refine({ filter }) });
  #answer = new Answer({
    items: this.#items,
    onOpen: (hit) => this.#go({ item: hit.id }, { opened: true, stay: true }),
    onSimilar: (hit) => {
      const index = this.#answer.hits.indexOf(hit);
      tell((events) => events.clicked(hit.id, index));
      this.#similar(hit);
    },
    onRetry: () => this.#show({ again: true }),
    onChange: (patch) => this.#go(patch),
  });
  #detail = new Detail({
    onClose: () => this.#closeDetail(),
    onStep: (by) => this.#step(by),
    onSimilar: (hit, region) => this.#similar(hit, region),
    onOpen: (item) => this.#go({ item }, { replace: true, opened: history.state?.opened, stay: true }),
    onAdd: (hit, say) => this.#add(part("item", hit.id, say)),
    onFilter: (field, value) => this.#refine({ filter: withValue(this.#view.filter, field, value, true) }),
  });

  async start() {
    history.scrollRestoration = "manual";
    window.addEventListener("popstate", () => this.#back());
    window.addEventListener("scrollend", () => rememberScroll({ at: this.#answer.at }));
    watchIntake({
      onFiles: (files) => this.#files(files),
      onLink: (link) => this.#add(part("link", link)),
    });
    document.querySelector(".brand").addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#go({ ...NOTHING });
    });
    await this.#load();
  }

  async #load() {
    try {
      this.#menu.fill(await listCollections());
    } catch (problem) {
      return showProblem(problem, [{ label: "Try again", act: () => this.#load() }]);
    }
    if (!this.#menu.first) return showEmpty(null);
    const lost = this.#read();
    await this.#show({ recall: true });
    if (lost) byId("status").textContent = "The picture was not kept over the reload: choose it again.";
  }

  /** Take the view from the address; whether a picture was lost in a reload. */
  #read() {
    this.#typing = false;
    this.#view = readLocation();
    this.#view.collection ??= this.#menu.first;
    const kept = this.#view.parts.filter(({ kind, value }) => kind !== "picture" || pictureOf(value));
    const lost = kept.length < this.#view.parts.length;
    this.#view.parts = kept;
    return lost;
  }

  #back() {
    this.#read();
    return this.#show({ recall: true });
  }

  #go(patch, options = {}) {
    this.#typing = false;
    this.#view = { ...this.#view, ...patch };
    writeLocation(this.#view, options);
    return this.#show();
  }

  /** Another search than that whose result is open, if one is. */
  #refine(patch) {
    return this.#go({ ...patch, item: null });
  }

  #words(q, final) {
    if (final && LINK.test(q.trim())) return this.#add(part("link", q.trim()), { q: "" });
    const replace = this.#typing;
    if (final && q.trim() === this.#view.q.trim()) {
      this.#typing = false;
      return this.#show({ again: true });
    }
    const shown = this.#go({ q, item: null }, { replace });
    this.#typing = !final;
    return shown;
  }

  #similar(hit, region = null) {
    return this.#refine({ parts: [part("item", hit.id, "like", region)], q: "" });
  }

  /** Search with one or more things beside what is searched with already. */
  #add(added, patch = {}) {
    const parts = [added].flat().reduce(withPart, this.#view.parts);
    return this.#refine({ ...patch, parts: parts.slice(0, MOST) });
  }

  async #files(files) {
    try {
      const keys = await Promise.all(files.slice(0, MOST).map(keepPicture));
      await this.#add(keys.map((key) => part("picture", key)));
    } catch (problem) {
      this.#answer.fail(problem, this.#view);
    }
  }

  /** Make the page show the view. `recall`: from memory where it can; `again`: even if unchanged. */
  async #show({ recall = false, again = false } = {}) {
    const turn = ++this.#turn;
    const { collection, filter } = this.#view;
    document.title = [this.#view.q.trim(), "Binocle"].filter(Boolean).join(" – ");
    this.#menu.chosen = collection;
    this.#box.show(this.#view, (id) => this.#items.titleOf(collection, id));
    try {
      if (this.#info?.name !== collection) {
        const info = await describeCollection(collection);
        if (turn !== this.#turn) return;
        this.#info = { ...info, name: collection };
        allowEvents(info.events);
        this.#filters.reset(this.#info);
        this.#box.types = info.fields;
        showAlso(this.#info, (field) => (this.#answer.also = field));
      }
      this.#filters.show(filter, this.#info.fields);
      showSorting(this.#view.sort, this.#info, isAsked(this.#view), (sort) => this.#refine({ sort }));
      if (!this.#view.q.trim()) this.#filters.count(collection, filter, null);
      await this.#answer.show(this.#view, { recall, again });
      if (turn === this.#turn) await this.#showAround(turn);
    } catch (problem) {
      if (turn === this.#turn && !isAborted(problem)) this.#failed(problem);
    }
  }

  /** The parts that need an item of their own: the open one, and those that are searched with. */
  async #showAround(turn) {
    const { collection, item, parts } = this.#view;
    this.#filters.total = this.#answer.total;
    const { id, below } = this.#answer.search ?? {};
    tell((events) => events.shows(id, { ranked: !below }));
    if (!item) tell((events) => events.closed());
    this.#filters.count(collection, this.#view.filter, this.#answer.understood[0]?.filter ?? null);
    showUnderstood(this.#answer.understood, {
      types: this.#info.fields,
      filter: this.#view.filter,
      onWords: (q) => this.#refine({ q }),
      onFilter: (filter) => this.#refine({ filter }),
    });
    if (!item && this.#detail.isOpen) {
      this.#detail.close();
      this.#answer.focusOn(this.#detail.item); // the browser would go to the one that was opened first
    }
    if (item) {
      const hit = await this.#items.get(collection, item).catch((problem) => this.#lost(turn, problem));
      if (turn !== this.#turn || !hit) return;
      this.#open(hit);
      // What was found may be gone; any other failure is told by what is done next.
      getItem(collection, item).catch((problem) => problem.status === 404 && this.#detail.gone(item));
    }
    const unknown = parts.filter(({ kind, value }) => kind === "item" && this.#items.titleOf(collection, value) === null);
    if (!unknown.length) return;
    await Promise.all(unknown.map(({ value }) => this.#items.get(collection, value)));
    if (turn === this.#turn) this.#box.show(this.#view, (id) => this.#items.titleOf(collection, id));
  }

  #open(hit) {
    const view = this.#view; // the closure keeps it
    const hits = this.#answer.hits;
    const index = hits.findIndex((one) => one.id === hit.id);
    if (history.state?.opened) tell((events) => events.opened(hit.id, index)); // else a link led here
    const explain = isAsked(view) && index >= 0 ? () => this.#answer.explain(view, hit.id, index) : null;
    this.#detail.show(hits[index] ?? hit, { collection: view.collection, index, count: hits.length, fields: this.#info.fields, explain });
  }

  /** The open item is not there (any more): what was found still is. */
  #lost(turn, problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (turn !== this.#turn) return;
    const close = () => {
      hideNotice();
      this.#go({ item: null }, { replace: true });
    };
    showProblem(problem, [{ label: "Close", act: close }]);
  }

  #failed(problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (this.#detail.isOpen) this.#detail.close();
    // Half a condition, as one types: what was found stays, and the line above it says what is missing.
    if (this.#typing && problem.status === 422) return (byId("status").textContent = problem.detail);
    this.#answer.fail(problem, this.#view, this.#otherCollection());
  }

  #otherCollection() {
    const { first } = this.#menu;
    if (this.#menu.has(this.#view.collection)) return [];
    return [{ label: `Open '${first}'`, act: () => this.#go({ ...NOTHING, collection: first }) }];
  }

  #closeDetail() {
    const { item } = this.#view;
    this.#answer.focusOn(item);
    if (history.state?.opened) history.back();
    else this.#go({ item: null }, { replace: true });
  }

  #step(by) {
    const hits = this.#answer.hits;
    const next = hits[hits.findIndex((hit) => hit.id === this.#view.item) + by];
    if (next) this.#go({ item: next.id }, { replace: true, opened: history.state?.opened, stay: true });
  }
}

new Page().start();
