// How much memory: what each memory per core would hold, where the peaks lie, tasks, worst quanta.

import { logAxis } from "./axes.js";
import { draw, options } from "./charts.js";
import { campaignColour, otherColour, stageColour, taskColour } from "./colours.js";
import { FINE_END, LAST_GIB, STEPS_PER_GIB, STOPS, campaignNames, campaignOf, embedded, keyOf, stageNames, tables, taskOf, tasks } from "./data.js";
import { fileStem, saveCsv } from "./downloads.js";
import { byId, contains, element, press, setText } from "./elements.js";
import { GIB, NOTHING, US_PER_HOUR, count, duration, fixed, gib, percent, plural, stageTitle } from "./numbers.js";
import { ALL, allGapRemarks, gapRemarks, isFiltered, matches, memoryGib, ofSelection, selectedSeries, state, subject, totals } from "./selection.js";
import { PAGE_ROWS, countColumn, fillTable, fractionColumn, gibColumn, nameColumn, shareColumn, shown, stageColumn, textColumn, timeColumn, unitOfTime } from "./tables.js";

const WIDEST_GIB = 40;
const LABEL_OTHER = "other tasks";
// A bar below this share of the highest has its value over it, since it can hardly be seen.
const LOW_FRACTION = 0.05;

const worst = tables.get("worst");

const rankOf = (row) => taskOf.get(keyOf(row.campaign, row.stage, row.task_label))?.display_rank ?? null;

const segmentLabel = (row) => {
  if (state.stage === ALL) return stageTitle(row.stage);
  return rankOf(row) === null ? LABEL_OTHER : row.task_label;
};

// Labels in the order of the stack, with the colours that the figures of the report give them.
const segmentColours = (rows) => {
  if (state.stage === ALL) return new Map(stageNames.map((name) => [stageTitle(name), stageColour(name)]));
  const ranks = new Map(rows.map((row) => [row.task_label, rankOf(row)]).filter(([, rank]) => rank !== null));
  const ranked = [...ranks].sort((a, b) => a[1] - b[1]);
  const colours = new Map(ranked.map(([label, rank]) => [label, taskColour(rank)]));
  if (rows.some((row) => segmentLabel(row) === LABEL_OTHER)) colours.set(LABEL_OTHER, otherColour());
  return colours;
};

// The curve ends where one buys for a core, unless the slider is beyond.
const curveEnd = () => (memoryGib() > FINE_END ? LAST_GIB : FINE_END);

const curveRows = (rows) => {
  const steps = [...Array.from({ length: STEPS_PER_GIB - 1 }, (_, index) => index + 1), ...STOPS];
  return steps.filter((step) => step <= curveEnd() * STEPS_PER_GIB).map((step) => {
    const sum = totals(rows, step);
    const fit = { quanta: sum.quanta - sum.overQuanta, wallTime: sum.wallTime - sum.overWallTime };
    return {
      memory_gib: step / STEPS_PER_GIB,
      fit_quanta_fraction: sum.quanta ? fit.quanta / sum.quanta : null,
      fit_wall_time_fraction: sum.wallTime ? fit.wallTime / sum.wallTime : null,
      over_quanta_fraction: sum.quanta ? sum.overQuanta / sum.quanta : null,
      over_wall_time_fraction: sum.wallTime ? sum.overWallTime / sum.wallTime : null,
      quanta: percent(fit.quanta, sum.quanta),
      wall_time: percent(fit.wallTime, sum.wallTime),
    };
  });
};

const onLogAxis = ({ low, high, ticks }) => ({ y_min: low, y_max: high, y_values: ticks });

const curve = () => {
  const rows = curveRows(selectedSeries());
  const step = totals(selectedSeries());
  const beyond = totals(selectedSeries(), curveEnd() * STEPS_PER_GIB);
  const notes = ["Exact at every stop of the slider, which the dashed line follows."];
  if (beyond.overQuanta) notes.push(`${plural(beyond.overQuanta, "quantum", "quanta")} (${duration(beyond.overWallTime / US_PER_HOUR)}) need more than ${gib(curveEnd())}: move the slider further, it reaches ${gib(LAST_GIB)}.`);
  const rest = rows.flatMap((row) => [row.over_quanta_fraction, row.over_wall_time_fraction]);
  return {
    spec: options.curve,
    rows: step.quanta ? rows : [],
    signals: { x_max: curveEnd(), ...onLogAxis(logAxis(rest, { least: 0.5, most: 1, below: 1 / 1.5 })) },
    follows: curveEnd,
    title: "Share by memory per core",
    note: notes.join(" "),
    gaps: gapRemarks(),
    alt: `Two rising curves: at ${gib(memoryGib())} per core ${percent(step.quanta - step.overQuanta, step.quanta)} of quanta and ${percent(step.wallTime - step.overWallTime, step.wallTime)} of wall time fit.`,
  };
};

// Bars are as wide as those of the figures; the series are no finer than a GiB beyond the fine steps.
const barWidth = () => campaignOf.get(state.campaign)?.bin_gib ?? 1;
const barOf = (step) => {
  const memory = step / STEPS_PER_GIB;
  const width = memory > FINE_END ? Math.max(1, barWidth()) : barWidth();
  const upper = Math.max(1, Math.ceil(memory / width)) * width;
  return [upper - width, upper];
};

const histogramCells = (rows) => {
  const cells = new Map();
  for (const row of rows) {
    const label = segmentLabel(row);
    row.step.forEach((step, index) => {
      const [lower, upper] = barOf(step);
      const key = keyOf(upper, label);
      const cell = cells.get(key) ?? { lower, upper, label, quanta: 0, wallTime: 0, inherited: 0 };
      cell.quanta += row.quanta_count[index];
      cell.wallTime += row.total_wall_time_us[index];
      cell.inherited += row.inherited_peak_count[index];
      cells.set(key, cell);
    });
  }
  return [...cells.values()];
};

// The ends of each segment; on a logarithmic axis the lowest begins at a floor above zero.
const histogramRows = (rows, colours) => {
  const measured = (cell) => (options.measure === "quanta" ? cell.quanta : cell.wallTime / US_PER_HOUR);
  const writeTotal = options.measure === "quanta" ? count : duration;
  const order = [...colours.keys()];
  const cells = histogramCells(rows)
    .filter((cell) => cell.upper <= WIDEST_GIB && measured(cell) > 0)
    .sort((a, b) => a.upper - b.upper || order.indexOf(a.label) - order.indexOf(b.label));
  const least = Math.min(...cells.map(measured));
  const floor = options.axis === "" || !cells.length ? 0 : options.measure === "quanta" ? 0.5 : 10 ** Math.floor(Math.log10(least) - 0.3);
  const sums = new Map();
  for (const cell of cells) sums.set(cell.upper, (sums.get(cell.upper) ?? 0) + measured(cell));
  const low = LOW_FRACTION * Math.max(0, ...sums.values());
  let bar = null;
  let top = 0;
  return cells.map((cell, index) => {
    if (cell.upper !== bar) [bar, top] = [cell.upper, 0];
    const lower = top;
    top += measured(cell);
    const isUppermost = cells[index + 1]?.upper !== cell.upper;
    return {
      lower_gib: cell.lower,
      upper_gib: cell.upper,
      label: cell.label,
      colour: colours.get(cell.label),
      y0: Math.max(lower, floor),
      y1: Math.max(top, floor),
      total_text: isUppermost && sums.get(bar) < low ? writeTotal(sums.get(bar)) : "",
      range: `over ${cell.lower}, up to ${cell.upper} GiB`,
      quanta: count(cell.quanta),
      wall_time: duration(cell.wallTime / US_PER_HOUR),
      inherited: `${count(cell.inherited)} (${percent(cell.inherited, cell.quanta)})`,
    };
  });
};

const histogram = () => {
  const selected = selectedSeries();
  const colours = segmentColours(selected);
  const rows = histogramRows(selected, colours);
  const beyond = totals(selected, WIDEST_GIB * STEPS_PER_GIB);
  const highest = Math.max(0, ...rows.map((row) => row.upper_gib));
  const others = new Set(selected.filter((row) => segmentLabel(row) === LABEL_OTHER).map((row) => row.task_label));
  const notes = [`Bars are ${gib(barWidth())} wide (bin_gib of the campaigns file)${barWidth() < 1 && highest > FINE_END ? `, beyond ${FINE_END} GiB 1 GiB` : ""}: each counts peaks over its lower end, up to its upper end.`];
  if (!options.axis) notes.push("Beyond the line, low bars have their value above them.");
  if (options.axis) notes.push("On the logarithmic axis the top of a bar is its total; the heights of segments are not in proportion.");
  if (beyond.overQuanta) notes.push(`${plural(beyond.overQuanta, "quantum", "quanta")} over ${WIDEST_GIB} GiB (${duration(beyond.overWallTime / US_PER_HOUR)}) are not drawn.`);
  if (others.size) notes.push(`“${LABEL_OTHER}” are ${plural(others.size, "task")}: see the table.`);
  return {
    spec: options.measure + options.axis,
    rows,
    signals: {
      x_max: Math.max(8, highest),
      ...(options.axis ? onLogAxis(logAxis(rows.flatMap((row) => [row.y0, row.y1]), { above: 1.3 })) : {}),
    },
    colours,
    title: `${options.measure === "quanta" ? "Quanta" : "Wall time"} by max RSS`,
    note: notes.join(" "),
    gaps: gapRemarks(),
    alt: `Stacked bars of ${options.measure === "quanta" ? "quanta" : "wall time"} in ranges of ${gib(barWidth())} of max RSS.`,
  };
};

// Boxes that are shown at first, so that a page of many campaigns is no longer than one of few.
const BOXES = 72;
const FEW_TASKS = 12;
const fewTasks = () => Math.max(3, Math.min(FEW_TASKS, Math.floor(BOXES / campaignNames.length)));

// Tasks of the selection by their largest peak in the campaign, then anywhere.
const boxTasks = () => {
  const inStage = tasks.filter((row) => (state.stage === ALL || row.stage === state.stage) && row.quanta_count > 0);
  const peaks = new Map();
  for (const row of inStage) {
    const peak = peaks.get(row.task_label) ?? { ours: 0, any: 0 };
    if (row.campaign === state.campaign) peak.ours = Math.max(peak.ours, row.p99_max_rss_bytes);
    peak.any = Math.max(peak.any, row.p99_max_rss_bytes);
    peaks.set(row.task_label, peak);
  }
  return [...peaks.keys()].sort((a, b) => peaks.get(b).ours - peaks.get(a).ours || peaks.get(b).any - peaks.get(a).any);
};

const boxRows = (labels) => {
  const place = new Map(labels.map((label, index) => [label, index]));
  return tasks
    .filter((row) => (state.stage === ALL || row.stage === state.stage) && place.has(row.task_label) && row.quanta_count > 0)
    .sort((a, b) => place.get(a.task_label) - place.get(b.task_label) || campaignNames.indexOf(a.campaign) - campaignNames.indexOf(b.campaign))
    .map((row) => ({
      task_label: row.task_label,
      label: row.campaign,
      colour: campaignColour(row.campaign),
      lower_gib: row.lower_whisker_max_rss_bytes / GIB,
      p25_gib: row.p25_max_rss_bytes / GIB,
      p50_gib: row.p50_max_rss_bytes / GIB,
      p75_gib: row.p75_max_rss_bytes / GIB,
      upper_gib: row.upper_whisker_max_rss_bytes / GIB,
      p95_gib: row.p95_max_rss_bytes / GIB,
      max_gib: row.max_max_rss_bytes / GIB,
      // One quantum is a tick: a circle on it would say nothing.
      largest_gib: row.quanta_count > 1 ? row.max_max_rss_bytes / GIB : null,
      quanta: count(row.quanta_count),
      inherited: row.inherited_peak_fraction === null ? "not known" : percent(row.inherited_peak_fraction, 1),
      absent: `${count(row.failed_count)} failed, ${count(row.gap_count)} missing`,
    }));
};

// All tasks come in parts that one can read without scrolling far.
const PART = 30;

const partsOf = (all) => Array.from({ length: Math.ceil(all.length / PART) }, (_, part) => all.slice(part * PART, (part + 1) * PART));

const showParts = (parts) => {
  const group = byId("task-parts");
  group.hidden = !options.allTasks || parts.length < 2;
  group.replaceChildren(...parts.map((tasksOfPart, part) => {
    const button = element("button", { type: "button" }, `${part * PART + 1} to ${part * PART + tasksOfPart.length}`);
    button.dataset.value = String(part);
    return button;
  }));
  press(group, String(options.taskPart));
};

const boxes = () => {
  const all = boxTasks();
  const few = fewTasks();
  const parts = partsOf(all);
  if (!options.allTasks || options.taskPart >= parts.length) options.taskPart = 0;
  showParts(parts);
  const rows = boxRows(options.allTasks ? parts[options.taskPart] ?? [] : all.slice(0, few));
  const places = new Set(rows.map((row) => row.task_label)).size;
  const button = byId("all-tasks");
  button.hidden = all.length <= few;
  button.setAttribute("aria-pressed", String(options.allTasks));
  button.textContent = `All ${count(all.length)} tasks`;
  const ends = logAxis(rows.flatMap((row) => [row.lower_gib, row.max_gib]), { least: 0.5, most: 8, below: 0.95, above: 1.08 });
  const first = options.taskPart * PART;
  let which = "";
  if (!options.allTasks && all.length > few) which = `The ${few} of ${all.length} tasks with the largest p99 in ${state.campaign}. `;
  if (options.allTasks && parts.length > 1) which = `Tasks ${first + 1} to ${first + places} of ${all.length}, by p99 in ${state.campaign}. `;
  return {
    spec: "boxes",
    rows,
    height: places * Math.max(22, 13 * new Set(rows.map((row) => row.label)).size),
    signals: { x_min: ends.low, x_max: ends.high },
    colours: new Map(campaignNames.map((name) => [name, campaignColour(name)])),
    title: "Max RSS of tasks",
    note: `${which}Boxes span the quartiles, the bar is the median, whiskers reach one and a half box lengths, the circle is the largest. All bands and fields; inherited peaks are included.${state.stage === ALL ? " A task of several stages has a box for each." : ""}`,
    gaps: allGapRemarks(),
    alt: "Box plots of max RSS for each task and campaign on a logarithmic axis.",
  };
};

const taskRows = () => {
  const bySeries = new Map();
  for (const row of selectedSeries()) {
    const key = keyOf(row.campaign, row.stage, row.task_label);
    bySeries.set(key, [...(bySeries.get(key) ?? []), row]);
  }
  return tasks
    .filter(ofSelection)
    .map((row) => ({ ...row, ...totals(bySeries.get(keyOf(row.campaign, row.stage, row.task_label)) ?? []) }))
    // Without a filter, tasks that left no measurement stay: that is what is worth knowing of them.
    .filter((row) => row.quanta > 0 || !isFiltered())
    .sort((a, b) => b.overWallTime - a.overWallTime || b.wallTime - a.wallTime);
};

const taskGroups = (rows) => {
  const line = gib(memoryGib());
  const over = { title: `> ${memoryGib()}`, tone: (row) => (row.overQuanta ? "over" : "") };
  const unit = unitOfTime(rows, ["wallTime"], US_PER_HOUR);
  return [
    ["", [nameColumn("task_label", "Task"), ...stageColumn()]],
    ["Quanta", [
      countColumn("quanta", "All", { hint: "Quanta measured" }),
      countColumn("overQuanta", "", { ...over, hint: `Quanta over ${line}` }),
      shareColumn("overShare", "%", "overQuanta", "quanta", { hint: `Share of quanta over ${line}` }),
    ]],
    [`Wall time (${unit.name})`, [
      timeColumn("wallTime", "All", unit, { perHour: US_PER_HOUR, hint: `Wall time in ${unit.name}` }),
      timeColumn("overWallTime", "", unit, { perHour: US_PER_HOUR, ...over, hint: `Wall time in ${unit.name} of quanta over ${line}` }),
      shareColumn("overWallTimeShare", "%", "overWallTime", "wallTime", { hint: `Share of wall time of quanta over ${line}` }),
    ]],
    [`Max RSS (GiB)${isFiltered() ? ", all bands and fields" : ""}`, [
      gibColumn("p50_max_rss_bytes", "p50", { hint: "Median of max RSS in GiB" }),
      gibColumn("p95_max_rss_bytes", "p95", { hint: "95th percentile of max RSS in GiB" }),
      gibColumn("max_max_rss_bytes", "max", { hint: "Largest max RSS in GiB" }),
      gibColumn("own_p95_max_rss_bytes", "own p95", { hint: "95th percentile in GiB of peaks that a quantum set itself" }),
      fractionColumn("inherited_peak_fraction", "inherited", "Share of peaks that are inherited: only upper bounds"),
    ]],
    ["Not measured", [
      countColumn("failed_count", "Failed", { hint: "Failed quanta" }),
      countColumn("gap_count", "Missing", { hint: "Missing, unreadable, unknown, lost or unmeasured quanta", tone: (row) => (row.gap_count ? "over" : "") }),
    ]],
  ];
};

const csvOfTasks = () => [
  ["campaign", (row) => row.campaign],
  ["stage", (row) => row.stage],
  ["task_label", (row) => row.task_label],
  ["memory_per_core_gib", () => memoryGib()],
  ["quanta_count", (row) => row.quanta],
  ["over_memory_count", (row) => row.overQuanta],
  ["over_memory_inherited_peak_count", (row) => row.overInherited],
  ["total_wall_time_s", (row) => row.wallTime / 1e6],
  ["over_memory_wall_time_s", (row) => row.overWallTime / 1e6],
  ...["p50_max_rss_bytes", "p95_max_rss_bytes", "p99_max_rss_bytes", "max_max_rss_bytes", "own_p95_max_rss_bytes", "inherited_peak_fraction", "failed_count", "gap_count"]
    .map((name) => [name, (row) => row[name]]),
];

const showTasks = () => {
  const found = taskRows().filter((row) => contains(byId("tasks-search").value, row.task_label, stageTitle(row.stage)));
  fillTable("tasks", taskGroups(found), found, { again: showTasks });
  setText("tasks-count", plural(found.length, "task"));
  setText("tasks-note", `Measured quanta of ${subject()}.${isFiltered() ? " Statistics, failed and missing are of all bands and fields." : ""} An inherited peak is only an upper bound. ${gapRemarks().join(" ")}`);
};

const worstRows = () =>
  worst.filter((row) => matches(row)).sort((a, b) => b.max_rss_bytes - a.max_rss_bytes);

const peakKind = (row) => (row.is_peak_inherited === null ? "not known" : row.is_peak_inherited ? "inherited" : "own");

const worstChart = () => {
  const found = worstRows().filter((row) => row.total_wall_time_us > 0);
  const colours = segmentColours(found);
  const rows = found.map((row) => ({
    label: segmentLabel(row),
    colour: colours.get(segmentLabel(row)),
    max_rss_gib: row.max_rss_bytes / GIB,
    wall_time_h: row.total_wall_time_us / US_PER_HOUR,
    is_own: row.is_peak_inherited === false,
    task: row.task_label,
    data_id: row.data_id,
    peak: `${fixed(row.max_rss_bytes / GIB, 2)} GiB, ${row.is_peak_inherited === null ? "own or inherited is not known" : peakKind(row)}`,
    wall_time: duration(row.total_wall_time_us / US_PER_HOUR),
    node: row.node_name ?? NOTHING,
  }));
  const memory = logAxis(rows.map((row) => row.max_rss_gib), { below: 0.93, above: 1.1 });
  return {
    spec: "worst",
    rows,
    signals: { x_min: memory.low, x_max: memory.high, ...onLogAxis(logAxis(rows.map((row) => row.wall_time_h), { below: 0.8, above: 1.25 })) },
    colours,
    title: "Quanta with the largest peaks",
    note: "Full marks are own peaks; hollow marks are inherited or not known. The dashed line follows the slider.",
    gaps: gapRemarks(),
    alt: `${plural(rows.length, "quantum", "quanta")} by max RSS and wall time; the table below lists them.`,
  };
};

const worstGroups = (rows) => {
  const unit = unitOfTime(rows, ["total_wall_time_us"], US_PER_HOUR);
  return [["", [
    gibColumn("max_rss_bytes", "Max RSS (GiB)", { tone: (row) => (row.max_rss_bytes > memoryGib() * GIB ? "over" : "") }),
    nameColumn("task_label", "Task"),
    ...stageColumn(),
    nameColumn("data_id", "Data ID", { tone: () => "code" }),
    { key: "is_peak_inherited", title: "Peak", isText: true, value: (row) => row.is_peak_inherited, text: peakKind },
    timeColumn("total_wall_time_us", `Wall time (${unit.name})`, unit, { perHour: US_PER_HOUR }),
    textColumn("node_name", "Node"),
    nameColumn("run", "RUN", { tone: () => "code" }),
  ]]];
};

const csvOfWorst = () =>
  ["campaign", "stage", "task_label", "data_id", "run", "node_name", "band", "field", "max_rss_bytes", "is_peak_inherited"]
    .map((name) => [name, (row) => row[name]])
    .concat([["total_wall_time_s", (row) => (row.total_wall_time_us === null ? null : row.total_wall_time_us / 1e6)]]);

const listed = { limit: PAGE_ROWS };

const showWorst = () => {
  const found = worstRows().filter((row) => contains(byId("worst-search").value, row.task_label, row.data_id, row.node_name, row.run));
  fillTable("worst", worstGroups(found), found, { limit: listed.limit, rowHeader: 1, again: showWorst });
  setText("worst-count", `${count(Math.min(listed.limit, found.length))} of ${plural(found.length, "quantum", "quanta")}`);
  byId("worst-more").hidden = found.length <= listed.limit;
  setText("worst-note", `At most ${embedded.detail.worst_limit} quanta of each stage, the largest peaks first. The file tables/fct_worst_quanta.csv beside this page has more. ${gapRemarks().join(" ")}`);
};

export const memory = {
  charts: { curve, histogram, boxes, "worst-section": worstChart },
  choose: () => {
    listed.limit = PAGE_ROWS;
  },
  moveLine: () => {
    showTasks();
    showWorst();
  },
  listen: () => {
    byId("all-tasks").addEventListener("click", () => {
      options.allTasks = !options.allTasks;
      draw("boxes");
    });
    byId("task-parts").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      options.taskPart = Number(button.dataset.value);
      draw("boxes");
    });
    byId("tasks-search").addEventListener("input", showTasks);
    byId("worst-search").addEventListener("input", showWorst);
    byId("worst-more").addEventListener("click", () => {
      listed.limit += 10 * PAGE_ROWS;
      showWorst();
    });
    byId("tasks-csv").addEventListener("click", () => saveCsv(fileStem("tasks"), csvOfTasks(), shown.get("tasks")));
    byId("worst-csv").addEventListener("click", () => saveCsv(fileStem("worst-quanta"), csvOfWorst(), shown.get("worst")));
  },
};
