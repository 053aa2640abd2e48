// The parts of the operators' page, each made of a part of the service's answer.

import { el } from "../dom.js";
import { bytes, count, duration, moment, rate, share, span, table } from "./figures.js";

const SPANS = { 60: "Last minute", 300: "Last 5 minutes" };

export function tiles({ ready, searches, in_flight: inFlight, uptime_seconds: uptime, memory_bytes: memory, encoder, store }) {
  const [minute] = searches;
  const facts = [
    ["State", ready ? "ready" : "not ready", !ready],
    ["Searches a second", rate(minute.per_second)],
    ["Half within, last minute", latency(minute.p50_ms)],
    ["99 % within, last minute", latency(minute.p99_ms)],
    ["Failed, last minute", count(minute.failed), minute.failed > 0],
    ["Requests at this moment", count(inFlight)],
    ["Up for", span(uptime)],
    ["Memory", bytes(memory)],
    ["Encoder of new collections", encoder],
    ["Store", store],
  ];
  return facts.map(([label, value, bad]) => el("div", { class: bad ? "bad" : null }, el("dt", { text: label }), el("dd", { text: value })));
}

const latency = (ms) => (ms === null ? "none yet" : duration(ms));

export function searches(rows) {
  return table("Searches", [
    ["Time", ({ span: asked, seconds }) => nameOf(asked, seconds)],
    ["A second, all", (row) => rate(row.per_second), true],
    ["Answered", (row) => count(row.answered), true],
    ["Refused", (row) => count(row.refused), true],
    ["Failed", (row) => count(row.failed), true],
    ["p50", (row) => latency(row.p50_ms), true],
    ["p95", (row) => latency(row.p95_ms), true],
    ["p99", (row) => latency(row.p99_ms), true],
  ], rows, "");
}

/** A young service has not seen a whole minute: the span that it has is told. */
function nameOf(asked, seconds) {
  if (asked === null) return `Since the start (${span(seconds)})`;
  return seconds < asked * 0.9 ? `${SPANS[asked]} (of which ${span(seconds)} are known)` : SPANS[asked];
}

export function collections(rows) {
  return table("Collections", [
    ["Name", ({ name, problem }) => (problem ? el("span", {}, name, el("br"), el("span", { class: "wrong", text: problem })) : name)],
    ["Items", (row) => count(row.items), true],
    ["Index", indexState],
    ["On disk", (row) => bytes(row.bytes_on_disk), true],
    ["of it indexes", (row) => bytes(row.index_bytes), true],
    ["Vectors", (row) => row.quantization],
    ["Encoder", (row) => row.encoder],
    ["Generation", ({ generation, generations }) => generation && `${generation} (${count(generations.length)} kept)`],
  ], rows, "There is no collection yet.");
}

function indexState({ items, indexed_vectors: indexed }) {
  if (indexed === null || indexed === undefined || !items) return items === 0 ? "empty" : null;
  if (!indexed) return "none: compared one by one";
  return `${count(indexed)} vectors, ${share(Math.min(indexed, items), items)} of the items`;
}

export function rejects(rows) {
  return table("Recent rejects", [
    ["Loaded into", (row) => row.collection],
    ["When", (row) => moment(row.at)],
    ["Rejected", (row) => (row.whole ? count(row.rejected) : `over ${count(row.rejected)}`), true],
    ["Why", ({ kinds }) => Object.entries(kinds).map(([kind, number]) => `${kind} ${count(number)}`).join(", ")],
    ["Such as", ({ examples: [first] }) => first ? `${first.id ?? `row ${first.row}`}: ${first.reason}` : ""],
    ["File", (row) => row.file],
  ], rows, "No rejects file lies in the data directory.");
}
