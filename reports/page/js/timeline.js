// When and where it ran, and what the time was spent on.

import { options } from "./charts.js";
import { stageColour } from "./colours.js";
import { embedded, tables } from "./data.js";
import { csvOf, fileStem, saveCsv } from "./downloads.js";
import { byId, contains, setText } from "./elements.js";
import { gib, plural, stageTitle } from "./numbers.js";
import { gapRemarks, isFiltered, ofSelection } from "./selection.js";
import { changeColumn, countColumn, fillTable, fractionColumn, gibColumn, nameColumn, shown, stageColumn, textColumn, timeColumn, unitOfTime } from "./tables.js";

const concurrency = tables.get("concurrency");
const hosts = tables.get("hosts");
const efficiency = tables.get("efficiency");

const instant = (seconds) => `${new Date(1000 * seconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const RUNNING = {
  running_memory: { values: "resident_gib", title: "Memory of what runs at once" },
  running_quanta: { values: "running_quanta_count", title: "Quanta that run at once" },
};

const running = () => {
  const { values, title } = RUNNING[options.running];
  const found = concurrency.filter(ofSelection);
  const rows = found.flatMap((stage) =>
    stage.bin_position.map((bin, index) => {
      const at = stage.first_at_s + bin * stage.bin_wall_time_s;
      return {
        label: stageTitle(stage.stage),
        colour: stageColour(stage.stage),
        at: 1000 * at,
        value: stage[values][index],
        when: instant(at),
        running: plural(stage.running_quanta_count[index], "quantum", "quanta"),
        resident: gib(stage.resident_gib[index]),
      };
    }),
  );
  const most = found.map((stage) => `${stageTitle(stage.stage)} ${gib(stage.resident_gib.reduce((a, b) => Math.max(a, b), 0))}`);
  const notes = ["Means over a bin of time; every quantum counts with its max RSS from prep to end, so memory is an upper bound."];
  if (most.length) notes.unshift(`Most at once: ${most.join(", ")}.`);
  if (isFiltered()) notes.push("All bands and fields, whatever is picked.");
  return {
    spec: options.running,
    rows,
    signals: {},
    colours: new Map(found.map((stage) => [stageTitle(stage.stage), stageColour(stage.stage)])),
    title,
    note: notes.join(" "),
    gaps: gapRemarks(),
    alt: `${title} over time. ${most.join(", ")} at most.`,
  };
};

const hostGroups = (rows) => {
  const unit = unitOfTime(rows, ["total_wall_time_h"]);
  return [["", [
    textColumn("node_name", "Node"),
    ...stageColumn(),
    countColumn("attempted_count", "Attempts", { hint: "Attempts that ran there" }),
    countColumn("failed_count", "Failed", { tone: (row) => (row.failed_count ? "over" : "") }),
    fractionColumn("failed_fraction", "Failed %", "Share that failed"),
    timeColumn("total_wall_time_h", `Wall time (${unit.name})`, unit),
    gibColumn("max_max_rss_bytes", "Max RSS (GiB)"),
    countColumn("compared_quanta_count", "Compared", { hint: "Quanta of tasks that ran on other nodes too" }),
    changeColumn("slowdown_fraction", "Slower by", "Wall time against the medians of the same tasks on the other nodes"),
    { key: "is_slow", title: "Verdict", isText: true, value: (row) => (row.is_slow ? "slow" : ""), text: (row) => (row.is_slow ? "slow" : ""), tone: () => "verdict slow" },
  ]]];
};

const efficiencyGroups = (rows) => {
  const unit = unitOfTime(rows, ["timed_wall_time_h"]);
  return [["", [
    nameColumn("task_label", "Task"),
    ...stageColumn(),
    countColumn("quanta_count", "Quanta"),
    timeColumn("timed_wall_time_h", `Wall time (${unit.name})`, unit),
    countColumn("cpus_count", "CPUs", { hint: "CPUs that are requested" }),
    fractionColumn("cpu_time_fraction", "CPU", "CPU time over wall time"),
    fractionColumn("cpu_time_per_core_fraction", "CPU, per core", "CPU time over wall time and CPUs requested"),
    fractionColumn("butler_get_fraction", "Butler get", "Share of wall time in get"),
    fractionColumn("butler_put_fraction", "Butler put", "Share of wall time in put"),
  ]]];
};

const showHosts = () => {
  const found = hosts.filter((row) => ofSelection(row) && contains(byId("hosts-search").value, row.node_name));
  fillTable("hosts", hostGroups(found), found, { again: showHosts });
  setText("hosts-note", `Slow nodes first, at most ${embedded.detail.host_limit} of each stage. A node without a name stands for quanta that left none; a killed quantum often does. ${gapRemarks().join(" ")}`);
};

const showEfficiency = () => {
  const found = efficiency.filter((row) => ofSelection(row) && contains(byId("efficiency-search").value, row.task_label));
  fillTable("efficiency", efficiencyGroups(found), found, { again: showEfficiency });
};

export const timeline = {
  charts: { running },
  choose: () => {
    showHosts();
    showEfficiency();
  },
  listen: () => {
    for (const [id, show] of [["hosts", showHosts], ["efficiency", showEfficiency]]) {
      byId(`${id}-search`).addEventListener("input", show);
      byId(`${id}-csv`).addEventListener("click", () => saveCsv(fileStem(id), csvOf(id), shown.get(id)));
    }
  },
};
