// What changed between two campaigns: dumbbells of matched tasks, and every task in a table.

import { logAxis } from "./axes.js";
import { draw, options } from "./charts.js";
import { paperColour, verdictColour, verdictColours } from "./colours.js";
import { embedded, leftOut, tables } from "./data.js";
import { csvOf, fileStem, saveCsv } from "./downloads.js";
import { byId, contains, fillSelect, setText } from "./elements.js";
import { GIB, NOTHING, changeInColumn, changeText, count, fixed, duration, plural, stageTitle } from "./numbers.js";
import { ALL, gapRemarks, isFiltered, state } from "./selection.js";
import { changeColumn, countColumn, fillTable, gibColumn, nameColumn, shown, stageColumn, timeColumn, unitOfTime } from "./tables.js";
import { verdictColumn, verdictText } from "./verdicts.js";

const FEW_CHANGES = 15;

const comparisons = tables.get("changes");

// A pair as a link holds it: no name of a campaign has a comma.
const pairCode = (row) => `${row.before_campaign},${row.after_campaign}`;

// Pairs that the campaign is in, those in which it is the later one first.
const pairs = () => {
  const ours = new Map();
  for (const row of comparisons) {
    if (row.before_campaign === state.campaign || row.after_campaign === state.campaign) ours.set(pairCode(row), row);
  }
  const isLater = (row) => row.after_campaign === state.campaign;
  return [...ours.values()].sort((a, b) => isLater(b) - isLater(a) || b.is_against_predecessor - a.is_against_predecessor);
};

export const offeredPairs = () => pairs().map((row) => [pairCode(row), `${row.before_campaign} and ${row.after_campaign}`]);

const MEASURES = {
  changes_memory: {
    title: "95th percentile of max RSS",
    verdict: "max_rss_verdict",
    ends: (row) => [row.before_p95_max_rss_bytes / GIB, row.after_p95_max_rss_bytes / GIB],
    write: (value) => `${fixed(value, 2)} GiB`,
    change: "p95_max_rss_change_fraction",
    paired: "paired_max_rss_change_fraction",
  },
  changes_wall_time: {
    title: "Wall time",
    verdict: "wall_time_verdict",
    ends: (row) => [row.before_total_wall_time_h, row.after_total_wall_time_h],
    write: duration,
    change: "total_wall_time_change_fraction",
    paired: "paired_wall_time_change_fraction",
  },
};

const changedRows = () =>
  comparisons.filter((row) => pairCode(row) === state.pair && (state.stage === ALL || row.stage === state.stage));

// The change of the same quanta, with the interval in which its median lies.
const pairedText = (row, name, write) => {
  if (row[name] === null) return NOTHING;
  const [low, high] = [row[`low_${name}`], row[`high_${name}`]];
  const interval = low === null || high === null ? "open" : `${write(low)} to ${write(high)}`;
  return `${write(row[name])} (${interval})`;
};

const rowLabel = (row) => (state.stage === ALL ? `${row.task_label} (${stageTitle(row.stage)})` : row.task_label);

// A logarithm needs two ends above zero.
const comparable = (row, measure) => row.is_matched && measure.ends(row).every((value) => value > 0);

const dumbbells = () => {
  const measure = MEASURES[options.changes];
  const size = (row) => Math.abs(Math.log(measure.ends(row)[1] / measure.ends(row)[0]));
  const found = changedRows().filter((row) => comparable(row, measure)).sort((a, b) => size(b) - size(a));
  const rows = (options.allChanges ? found : found.slice(0, FEW_CHANGES)).map((row) => {
    const [before, after] = measure.ends(row);
    const label = verdictText(row[measure.verdict]);
    return {
      row_label: rowLabel(row),
      label,
      colour: verdictColour(label),
      before,
      after,
      before_text: measure.write(before),
      after_text: measure.write(after),
      change: changeText(row[measure.change]),
      paired: pairedText(row, measure.paired, changeText),
      matched: count(row.matched_count),
    };
  });
  return { found, rows };
};

const changed = () => {
  const measure = MEASURES[options.changes];
  const { found, rows } = dumbbells();
  const ends = logAxis(rows.flatMap((row) => [row.before, row.after]), { below: 0.9, above: 1.1 });
  const button = byId("all-changes");
  button.hidden = found.length <= FEW_CHANGES;
  button.setAttribute("aria-pressed", String(options.allChanges));
  button.textContent = `All ${count(found.length)} tasks`;
  const used = new Set(rows.map((row) => row.label));
  const notes = ["Hollow is before, full is after, over the data IDs that both have; largest changes first. The verdict follows from intervals over these quanta; for memory, only over own peaks. A change within 2\u00a0% does not count."];
  if (found.length > rows.length) notes.unshift(`The ${rows.length} of ${found.length} tasks that changed most.`);
  if (isFiltered()) notes.push("Includes all bands and fields.");
  return {
    spec: options.changes,
    rows,
    height: 24 * rows.length,
    signals: { x_min: ends.low, x_max: ends.high, x_values: ends.ticks, paper: paperColour() },
    colours: new Map(verdictColours().filter(([name]) => used.has(name))),
    title: `${measure.title} before and after`,
    note: notes.join(" "),
    gaps: state.pair.split(",").filter(Boolean).flatMap((name) => gapRemarks(name)),
    alt: `Dumbbells of ${measure.title.toLowerCase()} for ${plural(rows.length, "task")}, coloured by verdict; the table below has the values.`,
    empty: "The two campaigns have no task and data ID in common, so nothing can be judged.",
  };
};

const pairedColumn = (key, hint) => ({
  key, title: "same quanta (interval)", hint, isPair: true, value: (row) => row[key], text: (row) => pairedText(row, key, changeInColumn),
});

const changeGroups = (rows) => {
  const unit = unitOfTime(rows, ["before_total_wall_time_h", "after_total_wall_time_h"]);
  return [
    ["", [nameColumn("task_label", "Task"), ...stageColumn()]],
    ["Verdict", [
      verdictColumn("max_rss_verdict", "memory", "Verdict on memory"),
      verdictColumn("wall_time_verdict", "wall time", "Verdict on wall time"),
    ]],
    ["Quanta", [
      countColumn("matched_count", "matched", { hint: "Quanta with the same data ID in both campaigns" }),
      countColumn("own_matched_count", "own", { hint: "Matched quanta with own peaks in both campaigns" }),
    ]],
    ["Max RSS, p95 (GiB)", [
      gibColumn("before_p95_max_rss_bytes", "before"),
      gibColumn("after_p95_max_rss_bytes", "after"),
      changeColumn("p95_max_rss_change_fraction", "change", "Change of the 95th percentile"),
    ]],
    ["Change of max RSS", [
      changeColumn("p50_max_rss_change_fraction", "p50", "Change of the median", { isMinor: true }),
      changeColumn("max_max_rss_change_fraction", "max", "Change of the largest", { isMinor: true }),
      pairedColumn("paired_max_rss_change_fraction", "Median change of quanta with own peaks in both campaigns, and its interval"),
    ]],
    [`Wall time (${unit.name})`, [
      timeColumn("before_total_wall_time_h", "before", unit),
      timeColumn("after_total_wall_time_h", "after", unit),
      changeColumn("total_wall_time_change_fraction", "change", "Change of the sum"),
      pairedColumn("paired_wall_time_change_fraction", "Median change of wall time of matched quanta, and its interval"),
    ]],
  ];
};

const verdictsOf = (rows, name) =>
  verdictColours()
    .map(([verdict]) => [verdict, rows.filter((row) => row.is_matched && verdictText(row[name]) === verdict).length])
    .filter(([, number]) => number)
    .map(([verdict, number]) => `${count(number)} ${verdict}`)
    .join(", ");

const showChanges = () => {
  const listed = changedRows();
  const matched = listed.filter((row) => row.is_matched);
  const said = [];
  if (!embedded.detail.has_every_answer) said.push(`Comparisons without the focus campaign: ${leftOut("fct_release_changes")}`);
  if (!state.pair) said.push("There is no other campaign to compare with.");
  else {
    said.push(`${plural(matched.length, "task")} of ${count(listed.length)} have data IDs in common.`);
    if (matched.length) said.push(`Memory: ${verdictsOf(listed, "max_rss_verdict")}. Wall time: ${verdictsOf(listed, "wall_time_verdict")}.`);
    if (matched.length < listed.length) said.push("The other tasks have no data ID in common: the table shows their numbers without a verdict.");
  }
  setText("changed-said", said.join(" "));
  const wanted = byId("changes-search").value;
  const found = listed.filter((row) => contains(wanted, row.task_label, stageTitle(row.stage), verdictText(row.max_rss_verdict), verdictText(row.wall_time_verdict)));
  fillTable("changes", changeGroups(found), found, { again: showChanges });
  setText("changes-count", plural(found.length, "task"));
};

export const changes = {
  charts: { changed },
  choose: () => {
    // A pair is kept while its campaign is looked at.
    const offered = offeredPairs();
    if (!offered.some(([code]) => code === state.pair)) state.pair = offered[0]?.[0] ?? "";
    fillSelect(byId("pair"), offered, state.pair);
    showChanges();
  },
  listen: (remember) => {
    byId("pair").addEventListener("change", () => {
      state.pair = byId("pair").value;
      remember();
      showChanges();
      draw("changed");
    });
    byId("all-changes").addEventListener("click", () => {
      options.allChanges = !options.allChanges;
      draw("changed");
    });
    byId("changes-search").addEventListener("input", showChanges);
    byId("changes-csv").addEventListener("click", () => saveCsv(fileStem("changes"), csvOf("changes"), shown.get("changes")));
  },
};
