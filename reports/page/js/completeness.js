// Is it all there: what was expected, and what was found.

import { stages, tables } from "./data.js";
import { csvOf, saveCsv } from "./downloads.js";
import { byId } from "./elements.js";
import { stageTitle } from "./numbers.js";
import { countColumn, fillTable, fractionColumn, gibColumn, shown, textColumn } from "./tables.js";

const VERDICTS = new Map([
  ["complete", "complete"],
  ["declared", "declared gap"],
  ["incomplete", "incomplete"],
  ["unverified", "not verified"],
]);

const groups = () => [["", [
  textColumn("campaign", "Campaign"),
  textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) }),
  textColumn("completeness_verdict", "Verdict", {
    text: (row) => VERDICTS.get(row.completeness_verdict) ?? row.completeness_verdict,
    tone: (row) => `verdict ${row.completeness_verdict}`,
  }),
  countColumn("expected_count", "Expected"),
  countColumn("quanta_count", "Measured"),
  countColumn("no_work_count", "No work", { hint: "Succeeded and found nothing to do" }),
  countColumn("failed_count", "Failed"),
  countColumn("blocked_count", "Blocked"),
  countColumn("gap_count", "Missing", { hint: "Missing, unreadable, unknown, lost or unmeasured" }),
  countColumn("unmeasured_count", "Unmeasured", { hint: "Succeeded, did work and left no peak" }),
  countColumn("implausible_count", "Impossible", { hint: "Quanta with an impossible recorded value, which is left out" }),
  countColumn("superseded_count", "Superseded", { hint: "Have their result in another RUN" }),
  textColumn("incomplete_reason", "Declared", { tone: () => "long" }),
]]];

const history = tables.get("history");

// What a publication said, beside the one before.
const compared = (title, column, name, ...more) => [title, [
  column(`previous_${name}`, "before", ...more),
  column(name, "now", ...more),
]];

const historyGroups = () => [
  ["", [
    textColumn("published_on", "Published (UTC)"),
    textColumn("campaign", "Campaign"),
    textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) }),
  ]],
  compared("Verdict", textColumn, "completeness_verdict"),
  compared("Measured", countColumn, "quanta_count"),
  compared("Missing", countColumn, "gap_count"),
  compared("Wall time over the threshold", fractionColumn, "over_threshold_wall_time_fraction", "Share of wall time over the threshold of that publication"),
  compared("p95 (GiB)", gibColumn, "p95_max_rss_bytes"),
];

const showHistory = () => {
  byId("history-part").hidden = history.length === 0;
  fillTable("history", historyGroups(), history, { again: showHistory });
};

const showStages = () => fillTable("complete", groups(), stages, { again: showStages });

export const completeness = {
  charts: {},
  choose: showStages,
  listen: () => {
    showHistory();
    byId("complete-csv").addEventListener("click", () =>
      saveCsv("quanta-census_completeness", csvOf("stages"), shown.get("complete")));
  },
};
