// The judging page: set up, judge, end.

import { Problem } from "../api.js";
import { byId } from "../dom.js";
import { showNotice, showProblem } from "../notice.js";
import { Setup } from "./setup.js";
import { Task } from "./task.js";

const task = new Task({ onEnd: ended });
const setup = new Setup({ onBegin: (wanted) => task.begin(wanted) });

function ended({ saved, of, collection }) {
  showNotice({
    title: "Thank you",
    parts: [`What you said of ${saved} of ${of} ${of === 1 ? "query" : "queries"} is kept.`, `binocle judgments summary --collection ${collection} tells what came of it.`],
    actions: [{ label: "Judge others", act: () => window.location.assign("/judge") }],
  });
  byId("notice").querySelector("button").focus();
}

async function start() {
  try {
    await setup.show();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(problem, [{ label: "Try again", act: start }]);
  }
}

start();
