// What Python embedded, as rows and lists. Nothing here depends on what is selected.

const embedded = JSON.parse(document.getElementById("census-data").textContent);

// A column is a list, or codes of a dictionary (absent values are null).
const column = (table, name) => {
  const encoded = table.columns[name];
  if (Array.isArray(encoded)) return encoded;
  return encoded.codes.map((code) => (code === null ? null : encoded.values[code]));
};

const rowsOf = (table) => {
  const names = Object.keys(table.columns);
  const columns = names.map((name) => column(table, name));
  return Array.from({ length: table.count }, (_, row) =>
    Object.fromEntries(names.map((name, index) => [name, columns[index][row]])),
  );
};

const campaigns = rowsOf(embedded.campaigns);
const stages = rowsOf(embedded.stages);
const tasks = rowsOf(embedded.tasks);
const series = rowsOf(embedded.series);
const worst = rowsOf(embedded.worst);
const sizing = rowsOf(embedded.sizing);
const nodes = rowsOf(embedded.nodes);
const packings = rowsOf(embedded.packings);
const requests = rowsOf(embedded.requests);
const pooledRequests = rowsOf(embedded.pooled_requests);
const concurrency = rowsOf(embedded.concurrency);
const hosts = rowsOf(embedded.hosts);
const efficiency = rowsOf(embedded.efficiency);
const dependence = rowsOf(embedded.dependence);
const backtests = rowsOf(embedded.backtests);
const changes = rowsOf(embedded.changes);
const backtestTotals = rowsOf(embedded.backtest_totals);

// What is said where something was left out of the page.
const leftOut = (name) => `left out to keep this page small; see tables/${name}.csv beside it.`;

const stageNames = [...new Set(stages.map((row) => row.stage))];
const campaignNames = campaigns.map((row) => row.campaign);
const campaignOf = new Map(campaigns.map((row) => [row.campaign, row]));
const focus = campaigns.find((row) => row.is_focus) ?? campaigns[0];

const taskOf = new Map(tasks.map((row) => [JSON.stringify([row.campaign, row.stage, row.task_label]), row]));

// The series count in quarters of a GiB. The slider stops at each of them up to 16 GiB, which one may
// buy for a core; beyond, four times to a doubling, as far as the largest peak.
const STEPS_PER_GIB = 4;
const FINE_END = 16;

const largestStep = series.reduce((largest, row) => Math.max(largest, row.step.at(-1) ?? 0), 0);

const STOPS = Array.from({ length: (FINE_END - 1) * STEPS_PER_GIB + 1 }, (_, index) => STEPS_PER_GIB + index);
while (STOPS.at(-1) < largestStep) STOPS.push(STOPS.at(-1) + 2 ** Math.floor(Math.log2(STOPS.at(-1))) / 4);
const LAST_GIB = STOPS.at(-1) / STEPS_PER_GIB;

// The first stop that is not below a memory, else the last.
const stopAt = (memory) => STOPS.find((stop) => stop >= memory * STEPS_PER_GIB) ?? STOPS.at(-1);

const stageColour = (name) => embedded.colours.tasks[(2 * stageNames.indexOf(name) + 4) % embedded.colours.tasks.length];
const campaignColour = (name) =>
  embedded.colours.campaigns[campaignNames.indexOf(name) % embedded.colours.campaigns.length];
