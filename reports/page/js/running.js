// When and where it ran, what the time was spent on, and what memory depends on.

const instant = (seconds) => `${new Date(1000 * seconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const RUNNING = {
  running_memory: { values: "resident_gib", title: "Memory of what runs at once" },
  running_quanta: { values: "running_quanta_count", title: "Quanta that run at once" },
};

drawings.running = () => {
  const { values, title } = RUNNING[options.running];
  const found = concurrency.filter(ofSelection);
  const rows = found.flatMap((stage) =>
    stage.bin_position.map((bin, index) => {
      const at = stage.first_at_s + bin * stage.bin_wall_time_s;
      return {
        label: stageTitle(stage.stage),
        colour: onPage(stageColour(stage.stage)),
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
    signals: { chosen: chosen.running ?? [] },
    colours: new Map(found.map((stage) => [stageTitle(stage.stage), stageColour(stage.stage)])),
    title,
    note: notes.join(" "),
    gaps: gapRemarks(),
    alt: `${title} over time. ${most.join(", ")} at most.`,
  };
};

const stageColumn = () => (state.stage === ALL ? [textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) })] : []);

const hostColumns = () => [
  textColumn("node_name", "Node"),
  ...stageColumn(),
  countColumn("attempted_quanta_count", "Quanta", { hint: "Quanta that ran there" }),
  countColumn("failed_count", "Failed", { tone: (row) => (row.failed_count ? "over" : "") }),
  fractionColumn("failed_fraction", "Failed %", "Share that failed"),
  plainHours("total_wall_time_h", "Wall time (h)"),
  gibColumn("max_max_rss_bytes", "Max RSS (GiB)"),
  countColumn("compared_quanta_count", "Compared", { hint: "Quanta of tasks that ran on other nodes too" }),
  changeColumn("slowdown_fraction", "Slower by", "Wall time against the medians of the same tasks on the other nodes"),
  { key: "is_slow", title: "Verdict", isText: true, value: (row) => (row.is_slow ? "slow" : ""), text: (row) => (row.is_slow ? "slow" : ""), tone: () => "verdict slow" },
];

const efficiencyColumns = () => [
  textColumn("task_label", "Task"),
  ...stageColumn(),
  countColumn("quanta_count", "Quanta"),
  plainHours("timed_wall_time_h", "Wall time (h)"),
  countColumn("cpus_count", "CPUs", { hint: "CPUs that are requested" }),
  fractionColumn("cpu_time_fraction", "CPU", "CPU time over wall time"),
  fractionColumn("cpu_time_per_core_fraction", "CPU, per core", "CPU time over wall time and CPUs requested"),
  fractionColumn("butler_get_fraction", "Butler get", "Share of wall time in get"),
  fractionColumn("butler_put_fraction", "Butler put", "Share of wall time in put"),
];

const gibText = (value) => (value === null ? NOTHING : fixed(value, 2));
const plainGib = (key, title, hint) => writtenColumn(key, title, gibText, { hint });
const mibPerVisit = (value) => signed(fixed(value, 1), value);

const dependenceColumns = () => [
  textColumn("task_label", "Task"),
  ...stageColumn(),
  verdictColumn("dependence_verdict", "Verdict", "Whether memory grows with the visits, by the interval of the slope"),
  countColumn("quanta_count", "Quanta", { hint: "Quanta with own peaks whose place has a known number of visits" }),
  { key: "max_visit_count", title: "Visits", value: (row) => row.max_visit_count, text: (row) => `${count(row.min_visit_count)} to ${count(row.max_visit_count)}` },
  {
    key: "per_visit_mib",
    title: "MiB per visit (interval)",
    value: (row) => row.per_visit_mib,
    text: (row) => `${mibPerVisit(row.per_visit_mib)} (${mibPerVisit(row.low_per_visit_mib)} to ${mibPerVisit(row.high_per_visit_mib)})`,
  },
  fractionColumn("explained_fraction", "Explained", "Share of the variation that the line explains"),
  plainGib("shallowest_gib", "Fewest (GiB)", "The line at the fewest visits seen"),
  plainGib("deepest_gib", "Most (GiB)", "The line at the most visits seen"),
  {
    key: "twice_as_deep_gib",
    title: "Twice as deep (GiB)",
    hint: "What the line foretells at twice the most visits, an extrapolation",
    value: (row) => row.twice_as_deep_gib,
    text: (row) =>
      row.twice_as_deep_gib === null
        ? NOTHING
        : `${gibText(row.twice_as_deep_gib)} (${gibText(row.low_twice_as_deep_gib)} to ${gibText(row.high_twice_as_deep_gib)})`,
  },
];

const running = () => {
  const lines = dependence.filter(ofSelection);
  const grown = lines.filter((row) => row.dependence_verdict === "grows").length;
  const gaps = gapRemarks().join(" ");
  setText("dependence-said", lines.length
    ? `${subjectOfStage()}: memory grows with the visits for sure in ${count(grown)} of ${plural(lines.length, "task")} with enough quanta. ${gaps}`
    : `${subjectOfStage()}: no task has 20 own peaks at three depths whose visits are known. ${gaps}`);
  const parts = [
    ["dependence", dependenceColumns(), lines, (row) => [row.task_label, verdictText(row.dependence_verdict)]],
    ["hosts", hostColumns(), hosts.filter(ofSelection), (row) => [row.node_name]],
    ["efficiency", efficiencyColumns(), efficiency.filter(ofSelection), (row) => [row.task_label]],
  ];
  for (const [id, columns, rows, texts] of parts) {
    const found = rows.filter((row) => contains(byId(`${id}-search`).value, ...texts(row)));
    shown[id] = fillTable(id, columns, found, { again: running });
  }
  setText("hosts-note", `Slow nodes first, at most ${embedded.detail.host_limit} of each stage. A node without a name stands for quanta that left none; a killed quantum often does. ${gaps}`);
};

const listenToRunning = () => {
  for (const id of ["dependence", "hosts", "efficiency"]) {
    byId(`${id}-search`).addEventListener("input", running);
    byId(`${id}-csv`).addEventListener("click", () =>
      saveCsv(fileStem(id), csvOf(embedded[id]), shown[id]));
  }
};
