// When and where it ran, and what the time was spent on.

import { options } from "./charts.js";
import { stageColour } from "./colours.js";
import { embedded, tables } from "./data.js";
import { csvOf, fileStem, saveCsv } from "./downloads.js";
import { byId, contains, setText } from "./elements.js";
import { gib, duration, plural, stageTitle } from "./numbers.js";
import { gapRemarks, isFiltered, ofSelection } from "./selection.js";
import { changeColumn, countColumn, fillTable, fractionColumn, gibColumn, nameColumn, shown, stageColumn, textColumn, timeColumn, unitOfTime } from "./tables.js";

const concurrency = tables.get("concurrency");
const spells = tables.get("spells");
const ticks = tables.get("ticks");
const hosts = tables.get("hosts");
const efficiency = tables.get("efficiency");

const instant = (seconds) => `${new Date(1000 * seconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;

// A day where one begins, else the time of day.
const tickText = (seconds) => {
  const at = new Date(1000 * seconds);
  const time = at.toISOString().slice(11, 19);
  if (time === "00:00:00") return at.toLocaleDateString("en-GB", { day: "2-digit", month: "short", timeZone: "UTC" });
  return time.endsWith(":00") ? time.slice(0, 5) : time;
};

// Stages stand side by side, each on its own axis of time; margins widen so that a date fits in each.
const axisOf = (stages) => {
  const axis = { places: new Map(), spells: [], tickPlaces: [], tickLabels: {}, end: 0 };
  for (const stage of stages) {
    const isOwn = (row) => row.campaign === stage.campaign && row.stage === stage.stage;
    const parts = spells.filter(isOwn);
    const wider = parts[0].axis_position * (stages.length - 1);
    const begin = axis.end;
    const place = (at, spell) => begin + at + wider * (spell + 1);
    axis.places.set(stage, stage.axis_position.map((at, index) => place(at, stage.spell_position[index])));
    for (const part of parts) {
      const at = place(part.axis_position, part.spell_position);
      axis.spells.push({ margin_begin: axis.end, margin_end: at, is_idle: part.spell_position > 0, began: instant(part.started_at_s).slice(0, 16) });
      axis.end = at + part.bin_count;
    }
    for (const tick of ticks.filter(isOwn)) {
      const at = place(tick.axis_position, tick.spell_position);
      axis.tickPlaces.push(at);
      axis.tickLabels[at.toFixed(3)] = tickText(tick.ticked_at_s);
    }
  }
  return axis;
};

const leftOutOf = (found) => {
  const idle = found.flatMap((stage) => spells.filter((row) => row.campaign === stage.campaign && row.stage === stage.stage && row.spell_position > 0));
  if (!idle.length) return [];
  const hoursIdle = idle.reduce((sum, row) => sum + row.idle_before_wall_time_s, 0) / 3600;
  return [`Grey bands mark times in which nothing ran; the axis leaves them out: ${duration(hoursIdle)} in all.`];
};

const RUNNING = {
  running_memory: { values: "resident_gib", title: "Memory of running quanta" },
  running_quanta: { values: "running_quanta_count", title: "Running quanta" },
};

const running = () => {
  const { values, title } = RUNNING[options.running];
  const found = concurrency.filter(ofSelection);
  const axis = axisOf(found);
  const rows = found.flatMap((stage) =>
    stage.bin_at_s.map((at, index) => ({
      label: stageTitle(stage.stage),
      part: stage.spell_position[index],
      axis_position: axis.places.get(stage)[index],
      colour: stageColour(stage.stage),
      at: 1000 * at,
      value: stage[values][index],
      when: instant(at),
      running: plural(stage.running_quanta_count[index], "quantum", "quanta"),
      resident: gib(stage.resident_gib[index]),
    })),
  );
  const most = found.map((stage) => `${stageTitle(stage.stage)} ${gib(stage.resident_gib.reduce((a, b) => Math.max(a, b), 0))}`);
  const notes = ["Values are means over a bin of time. Every quantum counts with its max RSS from prep to end, so memory is an upper bound."];
  if (most.length) notes.unshift(`Most at once: ${most.join(", ")}.`);
  notes.push(...leftOutOf(found));
  if (found.length > 1) notes.push("Stages are drawn side by side; each starts at its own first quantum.");
  if (isFiltered()) notes.push("Includes all bands and fields.");
  return {
    spec: options.running,
    rows,
    signals: { axis_end: axis.end, tick_places: axis.tickPlaces, tick_labels: axis.tickLabels },
    datasets: { spells: axis.spells },
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
    countColumn("attempted_count", "Attempts", { hint: "Attempts that ran on the node" }),
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
    countColumn("cpus_count", "CPUs", { hint: "Requested CPUs" }),
    fractionColumn("cpu_time_fraction", "CPU", "CPU time over wall time"),
    fractionColumn("cpu_time_per_core_fraction", "CPU, per core", "CPU time over wall time and CPUs requested"),
    fractionColumn("butler_get_fraction", "Butler get", "Share of wall time in get of the Butler"),
    fractionColumn("butler_put_fraction", "Butler put", "Share of wall time in put of the Butler"),
  ]]];
};

const showHosts = () => {
  const found = hosts.filter((row) => ofSelection(row) && contains(byId("hosts-search").value, row.node_name));
  fillTable("hosts", hostGroups(found), found, { again: showHosts });
  setText("hosts-note", `Slow nodes first, at most ${embedded.detail.host_limit} of each stage. The row without a name has quanta that recorded no node, as killed quanta often do. ${gapRemarks().join(" ")}`);
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
