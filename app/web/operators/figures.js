// Figures as people read them; what is not known is said to be unknown, never shown as 0.

import { el } from "../dom.js";

export const UNKNOWN = "unknown";

export const count = (number) => known(number, (value) => value.toLocaleString("en"));

/** Milliseconds: '0.8 ms', '12 ms', '1.4 s'. */
export const duration = (ms) =>
  known(ms, (value) => (value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`));

/** Per second: '0.05', '3.2', '1,240'. */
export const rate = (number) =>
  known(number, (value) => (value >= 100 ? Math.round(value).toLocaleString("en") : value >= 1 || value === 0 ? value.toFixed(1) : value.toFixed(2)));

export function bytes(size) {
  return known(size, (value) => {
    const units = ["B", "kB", "MB", "GB", "TB"];
    const place = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
    return `${(value / 1000 ** place).toFixed(place ? 1 : 0)} ${units[place]}`;
  });
}

/** A span in seconds: '45 s', '12 min', '3 h 5 min', '2 d 4 h'. */
export function span(seconds) {
  return known(seconds, (value) => {
    const whole = Math.floor(value);
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min`;
    if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
    return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
  });
}

export const moment = (text) =>
  known(text, (value) => {
    const at = new Date(value);
    return Number.isNaN(at.getTime()) ? String(value) : at.toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  });

export const share = (part, whole) => (Number.isFinite(part) && whole > 0 ? `${Math.floor((100 * part) / whole)} %` : UNKNOWN);

/**
 * A table. `columns`: [[heading, row => text or element, isNumber]]; a row's first cell heads it.
 * `empty` is said where there is no row.
 */
export function table(label, columns, rows, empty) {
  if (!rows.length) return el("p", { class: "quiet", text: empty });
  const head = columns.map(([text, , number]) => el("th", { scope: "col", class: number ? "number" : null, text }));
  const body = rows.map((row) =>
    el("tr", {}, ...columns.map(([, cell, number], place) => {
      const content = cell(row);
      const props = { class: number ? "number" : null, dir: number ? null : "auto", ...(place ? {} : { scope: "row" }) };
      return el(place ? "td" : "th", props, content ?? UNKNOWN);
    })),
  );
  const whole = el("table", { class: "table" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body));
  return el("div", { class: "scrolled", tabindex: "0", role: "region", "aria-label": label }, whole);
}

const known = (value, shown) => (value === null || value === undefined ? UNKNOWN : shown(value));
