// The form that asks for an API key, where the service needs one.

import { useKey } from "./api.js";
import { el } from "./dom.js";

/** The form; `done()` is called once the service has taken the key. */
export function keyForm(done) {
  const wrong = el("p", { class: "wrong", role: "alert" });
  const input = el("input", {
    id: "key", name: "key", type: "password", required: true, autocomplete: "current-password",
    autocapitalize: "off", spellcheck: "false", "aria-describedby": "key-note",
  });
  const submit = async (event) => {
    event.preventDefault();
    try {
      await useKey(input.value.trim());
      done();
    } catch (problem) {
      wrong.textContent = problem.message;
      input.select();
    }
  };
  return el("form", { class: "key", submit },
    el("label", { for: "key", text: "API key" }),
    el("div", { class: "row" }, input, el("button", { type: "submit", class: "button primary", text: "Go on" })),
    wrong,
    el("p", { id: "key-note", class: "quiet", text: "It is kept in a cookie that scripts can't read, until the browser closes." }),
  );
}
