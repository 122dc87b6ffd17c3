// What memory depends on: whether a task needs more where more visits overlap.

import { tables } from "./data.js";
import { csvOf, fileStem, saveCsv } from "./downloads.js";
import { byId, contains, setText } from "./elements.js";
import { NOTHING, count, fixed, plural, signed } from "./numbers.js";
import { gapRemarks, ofSelection, subjectOfStage } from "./selection.js";
import { countColumn, fillTable, fractionColumn, nameColumn, shown, stageColumn, writtenColumn } from "./tables.js";
import { verdictColumn, verdictText } from "./verdicts.js";

const dependence = tables.get("dependence");

const gibText = (value) => (value === null ? NOTHING : fixed(value, 2));
const plainGib = (key, title, hint) => writtenColumn(key, title, gibText, { hint });
const mibPerVisit = (value) => signed(fixed(value, 1), value);

const groups = () => [["", [
  nameColumn("task_label", "Task"),
  ...stageColumn(),
  verdictColumn("dependence_verdict", "Verdict", "Whether memory grows with the visits, by the interval of the slope"),
  countColumn("quanta_count", "Quanta", { hint: "Quanta with own peaks whose place has a known number of visits" }),
  { key: "max_visit_count", title: "Visits", value: (row) => row.max_visit_count, text: (row) => `${count(row.min_visit_count)} to ${count(row.max_visit_count)}` },
  {
    key: "per_visit_mib",
    title: "MiB per visit (interval)",
    isPair: true,
    value: (row) => row.per_visit_mib,
    text: (row) => `${mibPerVisit(row.per_visit_mib)} (${mibPerVisit(row.low_per_visit_mib)} to ${mibPerVisit(row.high_per_visit_mib)})`,
  },
  fractionColumn("explained_fraction", "Explained", "Share of the variation that the line explains"),
  plainGib("shallowest_gib", "Fewest (GiB)", "The line at the fewest visits seen"),
  plainGib("deepest_gib", "Most (GiB)", "The line at the most visits seen"),
  {
    key: "twice_as_deep_gib",
    title: "Twice as deep (GiB)",
    isPair: true,
    hint: "Prediction of the line at twice the most visits, an extrapolation",
    value: (row) => row.twice_as_deep_gib,
    text: (row) =>
      row.twice_as_deep_gib === null
        ? NOTHING
        : `${gibText(row.twice_as_deep_gib)} (${gibText(row.low_twice_as_deep_gib)} to ${gibText(row.high_twice_as_deep_gib)})`,
  },
]]];

const showDependence = () => {
  const lines = dependence.filter(ofSelection);
  const grown = lines.filter((row) => row.dependence_verdict === "grows").length;
  const gaps = gapRemarks().join(" ");
  setText("dependence-said", lines.length
    ? `${subjectOfStage()}: memory grows with the visits for sure in ${count(grown)} of ${plural(lines.length, "task")} with enough quanta. ${gaps}`
    : `${subjectOfStage()}: no task has 20 own peaks at three depths whose visits are known. ${gaps}`);
  const found = lines.filter((row) => contains(byId("dependence-search").value, row.task_label, verdictText(row.dependence_verdict)));
  fillTable("dependence", groups(), found, { again: showDependence });
};

export const depth = {
  charts: {},
  choose: showDependence,
  listen: () => {
    byId("dependence-search").addEventListener("input", showDependence);
    byId("dependence-csv").addEventListener("click", () => saveCsv(fileStem("dependence"), csvOf("dependence"), shown.get("dependence")));
  },
};
