// Tables: real ones, with headers that sort. Each keeps its own order and search.

import { byId, element } from "./elements.js";
import { GIB, NOTHING, changeInColumn, count, fixed, gibUnit, shareInColumn, stageTitle, timeUnit } from "./numbers.js";
import { ALL, state } from "./selection.js";

export const PAGE_ROWS = 50;
const orders = new Map();

// Where the window is narrow, minor columns are left out of a table, and stay in its CSV.
export const narrow = window.matchMedia("(max-width: 1240px)");

// What each table shows now, for its download.
export const shown = new Map();

const comparing = (one, sign) => (a, b) => {
  const [left, right] = [one.value(a), one.value(b)];
  // What is not known comes last in either direction.
  if (left === null || right === null) return (left === null) - (right === null);
  return sign * (left < right ? -1 : Number(left > right));
};

const headerOf = (id, one, order, again) => {
  const is = order?.key === one.key;
  const button = element("button", { type: "button", title: one.hint ?? "" }, one.title);
  if (one.hint) button.setAttribute("aria-label", one.hint);
  button.dataset.key = one.key;
  button.addEventListener("click", () => {
    const first = one.isText ? 1 : -1;
    orders.set(id, { key: one.key, sign: is ? -order.sign : first });
    again();
    byId(id).querySelector(`button[data-key="${CSS.escape(one.key)}"]`)?.focus();
  });
  return element("th", {
    scope: "col",
    class: one.isText ? "text" : "",
    "aria-sort": is ? (order.sign > 0 ? "ascending" : "descending") : "none",
  }, button);
};

// A name may break where its words end: after a mark between them, before a capital.
const words = (text) =>
  text.split(/(?<=[_,/])|(?<=[a-z0-9])(?=[A-Z])/).flatMap((part, index) => (index ? [element("wbr"), part] : [part]));

// A number and its interval break between their three numbers.
const numbersOf = (text) =>
  text.split(/ (?=\()|(?<= to) /).flatMap((part, index) => [...(index ? [" "] : []), element("span", {}, part)]);

const cellOf = (one, row, isHeader) => {
  const text = one.text(row);
  const tone = one.tone?.(row) ?? "";
  return element(isHeader ? "th" : "td", {
    ...(isHeader ? { scope: "row" } : {}),
    class: `${one.isText ? "text" : ""} ${one.breaks ? "breaks" : ""} ${one.isPair ? "pair" : ""} ${tone}`.replace(/ +/g, " ").trim(),
  }, ...(one.breaks ? words(text) : one.isPair ? numbersOf(text) : [text]));
};

// `groups`: [title, columns], a title over some columns or none; a column: {title, key, value(row),
// text(row), isText, breaks, isPair, isMinor, hint, tone(row)}. Rows come in their natural order; `again` fills the
// table anew when its order was changed.
export const fillTable = (id, allGroups, rows, { limit = Infinity, rowHeader = 0, again }) => {
  const groups = allGroups.map(([title, some]) => [title, some.filter((one) => !(one.isMinor && narrow.matches))]);
  const columns = groups.flatMap(([, some]) => some);
  // A column that is not there for this selection leaves the natural order.
  const order = columns.some((one) => one.key === orders.get(id)?.key) ? orders.get(id) : undefined;
  const sorted = order ? [...rows].sort(comparing(columns.find((one) => one.key === order.key), order.sign)) : rows;
  const over = groups.some(([title]) => title)
    ? [element("tr", {}, ...groups.map(([title, some]) => element("th", { scope: "colgroup", colspan: String(some.length), class: "group", title }, title)))]
    : [];
  byId(id).replaceChildren(
    element("thead", {}, ...over, element("tr", {}, ...columns.map((one) => headerOf(id, one, order, again)))),
    element("tbody", {}, ...sorted.slice(0, limit).map((row) =>
      element("tr", {}, ...columns.map((one, index) => cellOf(one, row, index === rowHeader))))),
  );
  shown.set(id, sorted);
};

export const textColumn = (key, title, more = {}) => ({
  key, title, isText: true, value: (row) => row[key], text: (row) => row[key] ?? NOTHING, ...more,
});
export const nameColumn = (key, title, more = {}) => textColumn(key, title, { breaks: true, ...more });
// Where one stage is picked, all rows are of it.
export const stageColumn = () =>
  state.stage === ALL ? [textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) })] : [];

export const countColumn = (key, title, more = {}) => ({
  key, title, value: (row) => row[key] ?? null, text: (row) => count(row[key] ?? null), ...more,
});
// Bytes, shown in GiB.
export const gibColumn = (key, title, more = {}) => ({
  key, title, value: (row) => row[key] ?? null, text: (row) => ((row[key] ?? null) === null ? NOTHING : fixed(row[key] / GIB, 2)), ...more,
});
export const writtenColumn = (key, title, write, more = {}) => ({
  key, title, value: (row) => row[key] ?? null, text: (row) => write(row[key] ?? null), ...more,
});
export const fractionColumn = (key, title, hint, more = {}) => writtenColumn(key, title, shareInColumn, { hint, ...more });
export const changeColumn = (key, title, hint, more = {}) => writtenColumn(key, title, changeInColumn, { hint, ...more });
export const shareColumn = (key, title, part, whole, more = {}) => {
  const value = (row) => (row[whole] ? row[part] / row[whole] : null);
  return { key, title, value, text: (row) => shareInColumn(value(row)), ...more };
};

// One unit of time for some columns: the largest value decides. `perHour` units are in an hour.
export const unitOfTime = (rows, keys, perHour = 1) =>
  timeUnit(rows.flatMap((row) => keys.map((key) => (row[key] ?? null) === null ? null : row[key] / perHour)));
export const timeColumn = (key, title, unit, { perHour = 1, ...more } = {}) => ({
  key, title, value: (row) => row[key] ?? null, text: (row) => unit.write((row[key] ?? null) === null ? null : row[key] / perHour), ...more,
});
// GiB as they are, with the decimals that the column needs.
export const memoryColumn = (rows, key, title, more = {}) =>
  writtenColumn(key, title, gibUnit(rows.map((row) => row[key] ?? null)), more);
