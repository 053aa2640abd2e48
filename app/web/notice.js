// What is said in place of results: an error, nothing found, or nothing there yet.

import { byId, el } from "./dom.js";
import { keyForm } from "./keyform.js";

/** actions: [{label, act}]; parts are texts or elements, a paragraph each. */
export function showNotice({ title, parts = [], actions = [], error = false }) {
  const box = byId("notice");
  box.className = error ? "notice error" : "notice";
  if (error) box.setAttribute("role", "alert");
  else box.removeAttribute("role");
  box.replaceChildren(
    el("h2", { text: title }),
    ...parts.filter(Boolean).map((part) => el("p", { dir: "auto" }, part)),
  );
  if (actions.length) {
    const buttons = actions.map(({ label, act }) => el("button", { class: "button", text: label, click: act }));
    box.append(el("div", { class: "actions" }, ...buttons));
  }
  box.hidden = false;
}

export function hideNotice() {
  byId("notice").hidden = true;
  byId("notice").replaceChildren();
}

/** A Problem, with what to do about it. */
export function showProblem(problem, actions) {
  if (problem.status === 401) return askForKey(problem);
  const title = problem.title || "That did not work";
  const parts = [problem.detail === title ? "" : problem.detail, problem.hint];
  showNotice({ title, parts, actions, error: true });
}

function askForKey(problem) {
  showNotice({ title: problem.title, parts: [problem.detail] });
  byId("notice").append(keyForm(() => window.location.reload()));
  byId("key").focus();
}

/** No collection, or one without items. */
export function showEmpty(collection) {
  showNotice({
    title: collection ? `The collection '${collection}' has no items yet` : "Nothing is indexed yet",
    parts: [
      el("span", {}, "Index a folder or a catalog with ", el("code", { text: `binocle ingest FOLDER --collection ${collection || "pictures"}` })),
      el("span", {}, "Then reload this page. A few pictures can also be ", el("a", { href: "/upload", text: "uploaded here" }), "."),
    ],
    actions: [{ label: "Reload", act: () => window.location.reload() }],
  });
}
