// The charts: rows made of the selection, drawn by the shared Vega, and their legends.

const WIDEST_GIB = 40;
const LABEL_OTHER = "other tasks";

const options = {
  curve: "curve_fit", measure: "quanta", axis: "_log", allTasks: false,
  sizing: "sizing_overhead", curves: "stages", changes: "changes_memory", allChanges: false,
  running: "running_memory",
};
const chosen = {};
const views = {};
let isDark = false;

// The darkest colours of the figures would vanish on a dark page.
const onPage = (colour) => {
  if (!isDark) return colour;
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const light = (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
  const lift = Math.max(0, 0.5 - light);
  return `#${parts.map((part) => Math.round(part + (255 - part) * lift).toString(16).padStart(2, "0")).join("")}`;
};

const segmentLabel = (row) => {
  if (state.stage === ALL) return stageTitle(row.stage);
  const task = taskOf.get(JSON.stringify([row.campaign, row.stage, row.task_label]));
  return task && task.display_rank !== null ? row.task_label : LABEL_OTHER;
};

// Labels in the order of the stack, with the colours that the figures of the report give them.
const segmentColours = (rows) => {
  if (state.stage === ALL) {
    return new Map(stageNames.map((name) => [stageTitle(name), stageColour(name)]));
  }
  const ranks = new Map();
  for (const row of rows) {
    const task = taskOf.get(JSON.stringify([row.campaign, row.stage, row.task_label]));
    if (task && task.display_rank !== null) ranks.set(row.task_label, task.display_rank);
  }
  const ranked = [...ranks].sort((a, b) => a[1] - b[1]);
  const colours = new Map(ranked.map(([label, rank]) => [label, embedded.colours.tasks[rank - 1] ?? embedded.colours.other]));
  if (rows.some((row) => segmentLabel(row) === LABEL_OTHER)) colours.set(LABEL_OTHER, embedded.colours.other);
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

const histogramCells = (rows) => {
  const cells = new Map();
  for (const row of rows) {
    const label = segmentLabel(row);
    row.step.forEach((step, index) => {
      const upper = Math.max(1, Math.ceil(step / STEPS_PER_GIB));
      const key = JSON.stringify([upper, label]);
      const cell = cells.get(key) ?? { upper, label, quanta: 0, wallTime: 0, inherited: 0 };
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
  const order = [...colours.keys()];
  const cells = histogramCells(rows)
    .filter((cell) => cell.upper <= WIDEST_GIB && measured(cell) > 0)
    .sort((a, b) => a.upper - b.upper || order.indexOf(a.label) - order.indexOf(b.label));
  const least = Math.min(...cells.map(measured));
  const floor = options.axis === "" ? 0 : options.measure === "quanta" ? 0.5 : 10 ** Math.floor(Math.log10(least) - 0.3);
  let bar = null;
  let top = 0;
  return cells.map((cell) => {
    if (cell.upper !== bar) [bar, top] = [cell.upper, 0];
    const lower = top;
    top += measured(cell);
    return {
      lower_gib: cell.upper - 1,
      upper_gib: cell.upper,
      label: cell.label,
      colour: onPage(colours.get(cell.label)),
      y0: Math.max(lower, floor),
      y1: Math.max(top, floor),
      range: `over ${cell.upper - 1}, up to ${cell.upper} GiB`,
      quanta: count(cell.quanta),
      wall_time: hours(cell.wallTime / US_PER_HOUR),
      inherited: `${count(cell.inherited)} (${percent(cell.inherited, cell.quanta)})`,
    };
  });
};

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

const boxRows = () => {
  const labels = boxTasks();
  const shown = options.allTasks ? labels : labels.slice(0, 12);
  const place = new Map(shown.map((label, index) => [label, index]));
  return tasks
    .filter((row) => (state.stage === ALL || row.stage === state.stage) && place.has(row.task_label) && row.quanta_count > 0)
    .sort((a, b) => place.get(a.task_label) - place.get(b.task_label) || campaignNames.indexOf(a.campaign) - campaignNames.indexOf(b.campaign))
    .map((row) => ({
      task_label: row.task_label,
      label: row.campaign,
      colour: onPage(campaignColour(row.campaign)),
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

const subject = () => {
  const parts = [subjectOfStage()];
  if (state.band !== ALL) parts.push(state.band === NONE ? "without band" : `band ${state.band.slice(VALUE.length)}`);
  if (state.field !== ALL) parts.push(state.field === NONE ? "without field" : `field ${state.field.slice(VALUE.length)}`);
  return parts.join(" · ");
};

// What the bands and fields do not change.
const subjectOfStage = () =>
  [state.campaign, campaignOf.get(state.campaign)?.release, state.stage === ALL ? "all stages" : stageTitle(state.stage)].join(" · ");

const allGapRemarks = () => campaignNames.flatMap((name) => gapRemarks(name));

const leastShare = (rows) =>
  Math.min(0.5, ...rows.flatMap((row) => [row.over_quanta_fraction, row.over_wall_time_fraction]).filter((share) => share > 0)) / 1.5;

// What each chart is of now: specification, rows, ends of axes, legend, and what to say under it.
const drawings = {
  curve: () => {
    const rows = curveRows(selectedSeries());
    const step = totals(selectedSeries());
    const beyond = totals(selectedSeries(), curveEnd() * STEPS_PER_GIB);
    const notes = ["Exact at every stop of the slider, which the dashed line follows."];
    if (beyond.overQuanta) notes.push(`${plural(beyond.overQuanta, "quantum", "quanta")} (${hours(beyond.overWallTime / US_PER_HOUR)}) need more than ${gib(curveEnd())}: move the slider on, it reaches ${gib(LAST_GIB)}.`);
    return {
      spec: options.curve,
      rows: step.quanta ? rows : [],
      signals: { x_max: curveEnd(), ...logEnds(leastShare(rows), 1) },
      title: "Share by memory per core",
      note: notes.join(" "),
      gaps: gapRemarks(),
      alt: `Two rising curves: at ${gib(memoryGib())} per core ${percent(step.quanta - step.overQuanta, step.quanta)} of quanta and ${percent(step.wallTime - step.overWallTime, step.wallTime)} of wall time fit.`,
    };
  },
  histogram: () => {
    const selected = selectedSeries();
    const colours = segmentColours(selected);
    const rows = histogramRows(selected, colours);
    const beyond = totals(selected, WIDEST_GIB * STEPS_PER_GIB);
    const highest = Math.max(0, ...rows.map((row) => row.upper_gib));
    const others = new Set(selected.filter((row) => segmentLabel(row) === LABEL_OTHER).map((row) => row.task_label));
    const notes = ["Bars count what is over their lower and up to their upper end."];
    if (options.axis) notes.push("On the logarithmic axis tops of bars are totals; heights of segments are not in proportion.");
    if (beyond.overQuanta) notes.push(`${plural(beyond.overQuanta, "quantum", "quanta")} over ${WIDEST_GIB} GiB (${hours(beyond.overWallTime / US_PER_HOUR)}) are not drawn.`);
    if (others.size) notes.push(`“${LABEL_OTHER}” are ${plural(others.size, "task")}: see the table.`);
    return {
      spec: options.measure + options.axis,
      rows,
      signals: {
        x_max: Math.max(8, highest),
        chosen: chosen.histogram ?? [],
        ...logEnds(Math.min(...rows.map((row) => row.y0)), 1.3 * Math.max(...rows.map((row) => row.y1))),
      },
      colours,
      title: `${options.measure === "quanta" ? "Quanta" : "Wall time"} by max RSS`,
      note: notes.join(" "),
      gaps: gapRemarks(),
      alt: `Stacked bars of ${options.measure === "quanta" ? "quanta" : "wall time"} for each GiB of max RSS.`,
    };
  },
  boxes: () => {
    const rows = boxRows();
    const values = rows.flatMap((row) => [row.lower_gib, row.max_gib]);
    const all = boxTasks().length;
    const places = new Set(rows.map((row) => row.task_label)).size;
    const button = byId("all-tasks");
    button.hidden = all <= 12;
    button.setAttribute("aria-pressed", String(options.allTasks));
    button.textContent = `All ${count(all)} tasks`;
    return {
      spec: "boxes",
      rows,
      height: places * Math.max(22, 13 * new Set(rows.map((row) => row.label)).size),
      signals: {
        x_min: Math.min(0.5, ...values) * 0.95,
        x_max: Math.max(8, ...values) * 1.08,
        chosen: chosen.boxes ?? [],
      },
      colours: new Map(campaignNames.map((name) => [name, campaignColour(name)])),
      title: "Max RSS of tasks",
      note: `${all > 12 && !options.allTasks ? `The 12 of ${all} tasks with the largest p99 in ${state.campaign}. ` : ""}Boxes span the quartiles, the bar is the median, whiskers reach one and a half box lengths, the circle is the largest. All bands and fields; inherited peaks are included.${state.stage === ALL ? " A task of several stages has a box for each." : ""}`,
      gaps: allGapRemarks(),
      alt: "Box plots of max RSS for each task and campaign on a logarithmic axis.",
    };
  },
};

// Where a logarithmic axis is labelled: 1, 2 and 5 of each decade, or decades alone if they are many.
const logValues = (low, high) => {
  const decades = Math.log10(high / low);
  const values = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const digit of decades > 4 ? [1] : [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (value >= low && value <= high) values.push(value);
    }
  }
  return values;
};

const logEnds = (low, high) => ({ y_min: low, y_max: high, y_values: logValues(low, high) });

const tooltip = byId("tooltip");

const showTooltip = (_handler, event, _item, value) => {
  if (value === null || value === undefined || typeof value !== "object") {
    tooltip.hidden = true;
    return;
  }
  const rows = Object.entries(value).map(([key, text]) =>
    element("div", {}, element("span", {}, key), element("b", {}, String(text))),
  );
  tooltip.replaceChildren(...rows);
  tooltip.hidden = false;
  const left = Math.min(event.clientX + 14, window.innerWidth - tooltip.offsetWidth - 8);
  const above = event.clientY + 18 + tooltip.offsetHeight > window.innerHeight;
  tooltip.style.left = `${Math.max(4, left)}px`;
  tooltip.style.top = `${above ? event.clientY - tooltip.offsetHeight - 12 : event.clientY + 18}px`;
};

const prepared = (drawing) => {
  const spec = structuredClone(embedded.specs[drawing.spec]);
  const signals = { memory_gib: memoryGib(), ...drawing.signals };
  for (const parameter of spec.params ?? []) {
    if (parameter.name in signals) parameter.value = signals[parameter.name];
  }
  if (drawing.height) spec.height = drawing.height;
  spec.datasets = { ...spec.datasets, rows: drawing.rows };
  return spec;
};

const embed = (target, spec, config) =>
  vegaEmbed(target, spec, {
    actions: false, ast: true, config, defaultStyle: false, renderer: "svg", tooltip: showTooltip,
  });

const draw = async (name) => {
  const section = byId(name);
  const plot = section.querySelector(".plot");
  const drawing = drawings[name]();
  drawLegend(name, section, drawing);
  section.querySelector(".note").textContent = [drawing.note, ...drawing.gaps].join(" ");
  // Only the newest drawing may appear when several were asked for.
  const ticket = (views[name]?.ticket ?? 0) + 1;
  views[name] = { ...views[name], ticket, drawing };
  if (!drawing.rows.length) {
    views[name].view?.finalize();
    views[name].view = undefined;
    plot.replaceChildren(element("p", { class: "empty" }, drawing.empty ?? "Nothing was measured in this selection."));
    return;
  }
  const config = structuredClone(embedded.configs[isDark ? "dark" : "light"]);
  const isNarrow = plot.clientWidth < 560;
  if (isNarrow) Object.assign(config.axis, { labelFontSize: 10, titleFontSize: 11, labelLimit: 120 });
  const room = element("div");
  plot.replaceChildren(room);
  const result = await embed(room, prepared(drawing), config);
  if (views[name].ticket !== ticket) {
    result.finalize();
    return;
  }
  views[name].view?.finalize();
  views[name].view = result;
  room.setAttribute("role", "img");
  room.setAttribute("aria-label", `${drawing.title}. ${drawing.alt}`);
};

const signal = (name, key, value) => views[name]?.view?.view.signal(key, value).runAsync();

const drawLegend = (name, section, drawing) => {
  const legend = section.querySelector(".legend");
  if (!legend) return;
  const labels = [...(drawing.colours ?? new Map()).keys()];
  chosen[name] = (chosen[name] ?? []).filter((label) => labels.includes(label));
  drawing.signals.chosen = chosen[name];
  legend.replaceChildren(
    ...labels.map((label) => {
      const swatch = element("i", { "aria-hidden": "true" });
      swatch.style.background = onPage(drawing.colours.get(label));
      const button = element("button", { type: "button", "aria-pressed": String(chosen[name].includes(label)) }, swatch, label);
      button.addEventListener("click", () => {
        const is = chosen[name].includes(label);
        chosen[name] = is ? chosen[name].filter((other) => other !== label) : [...chosen[name], label];
        button.setAttribute("aria-pressed", String(!is));
        signal(name, "chosen", chosen[name]);
      });
      return button;
    }),
  );
};

// The file is drawn anew: in the light colours, at the width of a page, with title, legend and notes.
const saveSvg = async (name) => {
  const wasDark = isDark;
  isDark = false;
  const drawing = drawings[name]();
  isDark = wasDark;
  const spec = prepared(drawing);
  Object.assign(spec, {
    width: 860,
    background: "white",
    padding: 12,
    title: {
      text: `${drawing.title}: ${subject()}`,
      subtitle: [...drawing.gaps, `Line at ${gib(memoryGib())} per core. ${byId("about").textContent}`],
      anchor: "start",
      frame: "group",
    },
  });
  for (const layer of drawing.colours ? spec.layer : []) {
    for (const channel of ["fill", "stroke"]) {
      if (layer.encoding?.[channel]?.field !== "colour") continue;
      layer.encoding[channel] = {
        field: "label",
        type: "nominal",
        scale: { domain: [...drawing.colours.keys()], range: [...drawing.colours.values()] },
        legend: { orient: "bottom", columns: 3, symbolType: "square", symbolSize: 100, title: null, labelLimit: 0 },
      };
    }
  }
  const room = element("div", { class: "offstage", "aria-hidden": "true" });
  document.body.append(room);
  const result = await embed(room, spec, embedded.configs.light);
  save(`${fileStem(name)}.svg`, "image/svg+xml", await result.view.toSVG());
  result.finalize();
  room.remove();
};

const saveChartCsv = (name) => {
  const { rows } = drawings[name]();
  const names = Object.keys(rows[0] ?? {}).filter((key) => !["colour"].includes(key));
  saveCsv(fileStem(name), names.map((key) => [key, (row) => row[key]]), rows);
};
