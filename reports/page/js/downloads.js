// Files for the reader, made here: nothing leaves the page.

import { embedded } from "./data.js";
import { element } from "./elements.js";
import { ALL, state } from "./selection.js";

export const save = (name, type, text) => {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
};

// A spreadsheet would run a text that begins like a formula.
const csvCell = (value) => {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value.replace(/^([=+\-@\t\r])/, "'$1") : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

// `columns` are [name, row => value].
export const saveCsv = (name, columns, rows) => {
  const lines = [
    columns.map(([title]) => csvCell(title)),
    ...rows.map((row) => columns.map(([, value]) => csvCell(value(row)))),
  ];
  save(`${name}.csv`, "text/csv;charset=utf-8", `${lines.map((line) => line.join(",")).join("\r\n")}\r\n`);
};

// All columns of an embedded table, as they are.
export const csvOf = (name) => Object.keys(embedded.tables[name].columns).map((column) => [column, (row) => row[column]]);

export const fileStem = (what) =>
  ["quanta-census", what, state.campaign, state.stage === ALL ? "all-stages" : state.stage]
    .join("_")
    .replace(/[^A-Za-z0-9._-]+/g, "-");
