// What Python embedded, as rows and lists. Nothing here depends on what is selected.

export const embedded = JSON.parse(document.getElementById("census-data").textContent);

// A column is a list, or codes of a dictionary (absent values are null).
const column = (table, name) => {
  const encoded = table.columns[name];
  if (Array.isArray(encoded)) return encoded;
  return encoded.codes.map((code) => (code === null ? null : encoded.values[code]));
};

// Names of columns are ours; names from outside (tasks, fields, nodes) are keys of a Map alone, since
// an object would take `constructor` for something of its own.
const rowsOf = (table) => {
  const names = Object.keys(table.columns);
  const columns = names.map((name) => column(table, name));
  return Array.from({ length: table.count }, (_, row) =>
    Object.fromEntries(names.map((name, index) => [name, columns[index][row]])),
  );
};

export const tables = new Map(Object.entries(embedded.tables).map(([name, table]) => [name, rowsOf(table)]));

export const campaigns = tables.get("campaigns");
export const stages = tables.get("stages");
export const tasks = tables.get("tasks");
export const series = tables.get("series");

// What is said where something was left out of the page.
export const leftOut = (name) => `left out to keep this page small; see tables/${name}.csv beside it.`;

export const stageNames = [...new Set(stages.map((row) => row.stage))];
export const campaignNames = campaigns.map((row) => row.campaign);
export const campaignOf = new Map(campaigns.map((row) => [row.campaign, row]));
export const focus = campaigns.find((row) => row.is_focus) ?? campaigns[0];

export const keyOf = (...parts) => JSON.stringify(parts);
export const taskOf = new Map(tasks.map((row) => [keyOf(row.campaign, row.stage, row.task_label), row]));

// The series count in quarters of a GiB. The slider stops at each of them up to 16 GiB, which one may
// buy for a core; beyond, four times to a doubling, as far as the largest peak.
export const STEPS_PER_GIB = 4;
export const FINE_END = 16;

const largestStep = series.reduce((largest, row) => Math.max(largest, row.step.at(-1) ?? 0), 0);

const stops = () => {
  const made = Array.from({ length: (FINE_END - 1) * STEPS_PER_GIB + 1 }, (_, index) => STEPS_PER_GIB + index);
  while (made.at(-1) < largestStep) made.push(made.at(-1) + 2 ** Math.floor(Math.log2(made.at(-1))) / 4);
  return made;
};

export const STOPS = stops();
export const LAST_GIB = STOPS.at(-1) / STEPS_PER_GIB;

// The first stop that is not below a memory, else the last.
export const stopAt = (memory) => STOPS.find((stop) => stop >= memory * STEPS_PER_GIB) ?? STOPS.at(-1);
