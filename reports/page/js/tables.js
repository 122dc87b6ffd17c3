// Tables: real ones, with headers that sort. Each keeps its own order and search.

const PAGE_ROWS = 50;
const orders = {};

// What each table shows now, for its download.
const shown = {};

// `columns`: {title, key, value(row), text(row), isText, group}. Rows come in their natural order;
// `again` fills the table anew when its order was changed.
const fillTable = (id, columns, rows, { groups = [], limit = Infinity, rowHeader = 0, again = refreshTables } = {}) => {
  // A column that is not there for this selection leaves the natural order.
  const order = columns.some((one) => one.key === orders[id]?.key) ? orders[id] : undefined;
  const sorted = order ? [...rows].sort(comparing(columns.find((one) => one.key === order.key), order.sign)) : rows;
  const headers = columns.map((one) => {
    const is = order?.key === one.key;
    const button = element("button", { type: "button", title: one.hint ?? "" }, one.title);
    if (one.hint) button.setAttribute("aria-label", one.hint);
    button.dataset.key = one.key;
    button.addEventListener("click", () => {
      const first = one.isText ? 1 : -1;
      orders[id] = { key: one.key, sign: is ? -order.sign : first };
      again();
      byId(id).querySelector(`button[data-key="${CSS.escape(one.key)}"]`)?.focus();
    });
    return element("th", {
      scope: "col",
      class: one.isText ? "text" : "",
      "aria-sort": is ? (order.sign > 0 ? "ascending" : "descending") : "none",
    }, button);
  });
  const over = groups.length
    ? [element("tr", {}, ...groups.map(([title, span]) => element("th", { scope: "colgroup", colspan: String(span), class: "group" }, title)))]
    : [];
  const body = sorted.slice(0, limit).map((row) =>
    element("tr", {}, ...columns.map((one, index) =>
      element(index === rowHeader ? "th" : "td", {
        ...(index === rowHeader ? { scope: "row" } : {}),
        class: `${one.isText ? "text" : ""} ${one.tone?.(row) ?? ""}`.trim(),
      }, one.text(row)))),
  );
  byId(id).replaceChildren(
    element("thead", {}, ...over, element("tr", {}, ...headers)),
    element("tbody", {}, ...body),
  );
  return sorted;
};

const comparing = (one, sign) => (a, b) => {
  const [left, right] = [one.value(a), one.value(b)];
  // What is not known comes last in either direction.
  if (left === null || right === null) return (left === null) - (right === null);
  return sign * (left < right ? -1 : Number(left > right));
};

const textColumn = (key, title, more = {}) => ({
  key, title, isText: true, value: (row) => row[key], text: (row) => row[key] ?? NOTHING, ...more,
});
const countColumn = (key, title, more = {}) => ({
  key, title, value: (row) => row[key], text: (row) => count(row[key] ?? null), ...more,
});
const gibColumn = (key, title, more = {}) => ({
  key, title, value: (row) => row[key] ?? null, text: (row) => (row[key] ?? null) === null ? NOTHING : fixed(row[key] / GIB, 2), ...more,
});
const hoursColumn = (key, title, more = {}) => ({
  key, title, value: (row) => row[key], text: (row) => hours(row[key] / US_PER_HOUR).replace(" h", ""), ...more,
});
const shareColumn = (key, title, part, whole, more = {}) => ({
  key, title, value: (row) => (row[whole] ? row[part] / row[whole] : null), text: (row) => percent(row[part], row[whole]), ...more,
});

const writtenColumn = (key, title, write, more = {}) => ({
  key, title, value: (row) => row[key], text: (row) => write(row[key]), ...more,
});
const fractionColumn = (key, title, hint) => writtenColumn(key, title, fraction, { hint });
const changeColumn = (key, title, hint) => writtenColumn(key, title, changeText, { hint });
const plainHours = (key, title, hint) => writtenColumn(key, title, (value) => hours(value).replace(" h", ""), { hint });

const contains = (needle, ...texts) => {
  const wanted = needle.trim().toLowerCase();
  return !wanted || texts.some((text) => (text ?? "").toLowerCase().includes(wanted));
};

const taskRows = () => {
  const bySeries = new Map();
  for (const row of selectedSeries()) {
    const key = JSON.stringify([row.campaign, row.stage, row.task_label]);
    bySeries.set(key, [...(bySeries.get(key) ?? []), row]);
  }
  return tasks
    .filter(ofSelection)
    .map((row) => {
      const measured = bySeries.get(JSON.stringify([row.campaign, row.stage, row.task_label])) ?? [];
      return { ...row, ...totals(measured) };
    })
    // Without a filter, tasks that left no measurement stay: that is what is worth knowing of them.
    .filter((row) => row.quanta > 0 || !isFiltered())
    .sort((a, b) => b.overWallTime - a.overWallTime || b.wallTime - a.wallTime);
};

const taskColumns = () => {
  const line = gib(memoryGib());
  const over = { title: `> ${memoryGib()}`, tone: (row) => (row.overQuanta ? "over" : "") };
  return [
    textColumn("task_label", "Task"),
    ...(state.stage === ALL ? [textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) })] : []),
    countColumn("quanta", "All", { hint: "Quanta measured" }),
    countColumn("overQuanta", "", { ...over, hint: `Quanta over ${line}` }),
    shareColumn("overShare", "%", "overQuanta", "quanta", { hint: `Share of quanta over ${line}` }),
    hoursColumn("wallTime", "All", { hint: "Wall time in hours" }),
    hoursColumn("overWallTime", "", { ...over, hint: `Wall time in hours of quanta over ${line}` }),
    shareColumn("overWallTimeShare", "%", "overWallTime", "wallTime", { hint: `Share of wall time of quanta over ${line}` }),
    gibColumn("p50_max_rss_bytes", "p50", { hint: "Median of max RSS in GiB" }),
    gibColumn("p95_max_rss_bytes", "p95", { hint: "95th percentile of max RSS in GiB" }),
    gibColumn("max_max_rss_bytes", "max", { hint: "Largest max RSS in GiB" }),
    gibColumn("own_p95_max_rss_bytes", "own p95", { hint: "95th percentile in GiB of peaks that a quantum set itself" }),
    { key: "inherited_peak_fraction", title: "inherited", value: (row) => row.inherited_peak_fraction, text: (row) => row.inherited_peak_fraction === null ? NOTHING : percent(row.inherited_peak_fraction, 1), hint: "Share of peaks that are inherited: only upper bounds" },
    countColumn("failed_count", "Failed", { hint: "Failed quanta" }),
    countColumn("gap_count", "Missing", { hint: "Missing, unreadable, unknown or lost quanta", tone: (row) => (row.gap_count ? "over" : "") }),
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

const worstRows = () =>
  worst.filter((row) => matches(row)).sort((a, b) => b.max_rss_bytes - a.max_rss_bytes);

drawings["worst-section"] = () => {
  const found = worstRows().filter((row) => row.total_wall_time_us > 0);
  const colours = segmentColours(found);
  const rows = found.map((row) => ({
    label: segmentLabel(row),
    colour: onPage(colours.get(segmentLabel(row))),
    max_rss_gib: row.max_rss_bytes / GIB,
    wall_time_h: row.total_wall_time_us / US_PER_HOUR,
    is_own: row.is_peak_inherited === false,
    task: row.task_label,
    data_id: row.data_id,
    peak: `${fixed(row.max_rss_bytes / GIB, 2)} GiB, ${row.is_peak_inherited === null ? "not known whether own" : row.is_peak_inherited ? "inherited" : "own"}`,
    wall_time: hours(row.total_wall_time_us / US_PER_HOUR),
    node: row.node_name ?? NOTHING,
  }));
  const extent = (name) => rows.reduce(([low, high], row) => [Math.min(low, row[name]), Math.max(high, row[name])], [Infinity, -Infinity]);
  const [[left, right], [low, high]] = [extent("max_rss_gib"), extent("wall_time_h")];
  return {
    spec: "worst",
    rows,
    signals: { x_min: 0.93 * left, x_max: 1.1 * right, chosen: chosen["worst-section"] ?? [], ...(rows.length ? logEnds(0.8 * low, 1.25 * high) : {}) },
    colours,
    title: "Quanta with the largest peaks",
    note: "Full where the quantum set its peak itself, hollow where it is inherited or not known. The dashed line follows the slider.",
    gaps: gapRemarks(),
    alt: `${plural(rows.length, "quantum", "quanta")} by max RSS and wall time; the table below lists them.`,
  };
};

const worstColumns = () => [
  { ...gibColumn("max_rss_bytes", "Max RSS"), tone: (row) => (row.max_rss_bytes > memoryGib() * GIB ? "over" : "") },
  textColumn("task_label", "Task"),
  ...(state.stage === ALL ? [textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) })] : []),
  textColumn("data_id", "Data ID", { tone: () => "code" }),
  { key: "is_peak_inherited", title: "Peak", isText: true, value: (row) => row.is_peak_inherited, text: (row) => row.is_peak_inherited === null ? "not known" : row.is_peak_inherited ? "inherited" : "own" },
  { key: "total_wall_time_us", title: "Wall time", value: (row) => row.total_wall_time_us, text: (row) => row.total_wall_time_us === null ? NOTHING : hours(row.total_wall_time_us / US_PER_HOUR) },
  textColumn("node_name", "Node"),
  textColumn("run", "RUN", { tone: () => "code" }),
];

const csvOfWorst = () =>
  ["campaign", "stage", "task_label", "data_id", "run", "node_name", "band", "field", "max_rss_bytes", "is_peak_inherited"]
    .map((name) => [name, (row) => row[name]])
    .concat([["total_wall_time_s", (row) => (row.total_wall_time_us === null ? null : row.total_wall_time_us / 1e6)]]);

const VERDICTS = {
  complete: "complete",
  declared: "declared gap",
  incomplete: "incomplete",
  unverified: "not verified",
};

const completeColumns = () => [
  textColumn("campaign", "Campaign"),
  textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) }),
  { key: "completeness_verdict", title: "Verdict", isText: true, value: (row) => row.completeness_verdict, text: (row) => VERDICTS[row.completeness_verdict] ?? row.completeness_verdict, tone: (row) => `verdict ${row.completeness_verdict}` },
  countColumn("expected_count", "Expected"),
  countColumn("quanta_count", "Measured"),
  countColumn("no_work_count", "No work"),
  countColumn("failed_count", "Failed"),
  countColumn("blocked_count", "Blocked"),
  countColumn("gap_count", "Missing", { hint: "Missing, unreadable, unknown or lost" }),
  countColumn("superseded_count", "Superseded"),
  textColumn("incomplete_reason", "Declared"),
];

let worstLimit = PAGE_ROWS;

const refreshTables = () => {
  const found = taskRows().filter((row) => contains(byId("tasks-search").value, row.task_label, stageTitle(row.stage)));
  const columns = taskColumns();
  const first = columns.findIndex((one) => one.key === "quanta");
  shown.tasks = fillTable("tasks", columns, found, {
    groups: [["", first], ["Quanta", 3], ["Wall time (h)", 3], [`Max RSS (GiB)${isFiltered() ? ", all bands and fields" : ""}`, 5], ["Not measured", 2]],
  });
  setText("tasks-count", plural(found.length, "task"));
  setText("tasks-note", `Measured quanta of ${subject()}.${isFiltered() ? " Statistics, failed and missing are of all bands and fields." : ""} An inherited peak is only an upper bound. ${gapRemarks().join(" ")}`);

  const all = worstRows();
  const matching = all.filter((row) => contains(byId("worst-search").value, row.task_label, row.data_id, row.node_name, row.run));
  shown.worst = fillTable("worst", worstColumns(), matching, { limit: worstLimit, rowHeader: 1 });
  setText("worst-count", `${count(Math.min(worstLimit, matching.length))} of ${plural(matching.length, "quantum", "quanta")}`);
  byId("worst-more").hidden = matching.length <= worstLimit;
  setText("worst-note", `The largest peaks of each stage, at most ${embedded.detail.worst_limit}; in GiB. More stand in tables/fct_worst_quanta.csv beside this page. ${gapRemarks().join(" ")}`);

  shown.complete = fillTable("complete", completeColumns(), stages);
};

