// The page: what happens when something is chosen.

const banner = () => {
  const target = byId("banner");
  const items = stageRows()
    .filter((row) => row.completeness_verdict !== "complete")
    .map((row) => {
      const left = row.is_empty
        ? "nothing was found."
        : `${count(row.gap_count)} of ${plural(row.expected_count, "expected quantum", "expected quanta")} are not accounted for.`;
      const said = {
        declared: `declared gap, ${left} ${row.incomplete_reason ?? ""}`,
        incomplete: `incomplete, ${left}`,
        unverified: "not verified: nothing independent tells what was expected.",
      }[row.completeness_verdict];
      return element("li", { class: row.completeness_verdict }, element("strong", {}, stageTitle(row.stage)), ` ${said}`);
    });
  target.className = `banner ${items.length ? "gaps" : "fine"}`;
  target.replaceChildren(
    items.length ? element("ul", {}, ...items) : element("p", {}, "Complete: every expected quantum is accounted for."),
  );
};

const caveats = (sum) => {
  const rows = stageRows();
  const everywhere = isFiltered() ? ", all bands and fields" : "";
  const lines = [
    `${percent(sum.inherited, sum.quanta)} of peaks are inherited from an earlier quantum of the process: upper bounds. Of those over the line, ${count(sum.overInherited)} of ${count(sum.overQuanta)}.`,
    `${count(add(rows, "failed_count"))} failed and ${count(add(rows, "gap_count"))} missing${everywhere}: not in these shares. A quantum killed for its memory leaves no measurement.`,
  ];
  byId("caveats").replaceChildren(...lines.map((line) => element("li", {}, line)));
};

// What the campaigns file says of the campaign, and the visits that were counted.
const facts = () => {
  const { description, fields, visit_count: visits } = campaignOf.get(state.campaign) ?? {};
  const parts = [description, fields?.length ? `Fields: ${fields.join(", ")}.` : null, visits ? `${plural(visits, "visit")}.` : null];
  setText("facts", parts.filter(Boolean).join(" "));
};

let announcement = 0;

const answer = () => {
  const sum = totals(selectedSeries());
  const line = gib(memoryGib());
  const fit = { quanta: sum.quanta - sum.overQuanta, wallTime: sum.wallTime - sum.overWallTime };
  const shares = [percent(fit.quanta, sum.quanta), percent(fit.wallTime, sum.wallTime)];
  const sentence = sum.quanta
    ? `At ${line} per core, ${shares[0]} of quanta and ${shares[1]} of wall time fit.`
    : "Nothing was measured in this selection.";
  setText("answer-title", sentence);
  setText("subject", subject());
  facts();
  setText("quanta-share", shares[0]);
  setText("wall-time-share", shares[1]);
  byId("quanta-meter").style.width = `${sum.quanta ? (100 * fit.quanta) / sum.quanta : 0}%`;
  byId("wall-time-meter").style.width = `${sum.wallTime ? (100 * fit.wallTime) / sum.wallTime : 0}%`;
  setText("quanta-rest", `${count(sum.overQuanta)} of ${count(sum.quanta)} need more`);
  setText("wall-time-rest", `${hours(sum.overWallTime / US_PER_HOUR)} of ${hours(sum.wallTime / US_PER_HOUR)} need more`);
  setText("memory-output", line);
  byId("memory").setAttribute("aria-valuetext", `${line} per core`);
  press(byId("presets"), String(memoryGib()));
  caveats(sum);
  banner();
  // Read aloud once the slider rests.
  clearTimeout(announcement);
  announcement = setTimeout(() => setText("live", `${sentence} ${subject()}`), 500);
};

const matrix = () => {
  setText("matrix-title", `Every campaign and stage at ${gib(memoryGib())}`);
  const names = [...stageNames, ALL];
  const head = element("thead", {}, element("tr", {},
    element("th", { scope: "col", class: "text" }, "Campaign"),
    ...names.map((name) => element("th", { scope: "col" }, name === ALL ? "All stages" : stageTitle(name)))));
  shown.matrix = [];
  const body = campaigns.map((campaign) =>
    element("tr", {},
      element("th", { scope: "row", class: "text" }, campaign.campaign, element("small", {}, campaign.release)),
      ...names.map((name) => cell(campaign.campaign, name))));
  byId("matrix").replaceChildren(head, element("tbody", {}, ...body));
};

const cell = (campaign, stage) => {
  const listed = stageRows(campaign, stage);
  if (!listed.length) return element("td", { class: "muted" }, "not listed");
  const sum = totals(selectedSeries({ campaign, stage }));
  shown.matrix.push({ campaign, stage, ...sum });
  const isHere = campaign === state.campaign && stage === state.stage;
  const hasGap = listed.some((row) => ["declared", "incomplete"].includes(row.completeness_verdict));
  const texts = sum.quanta
    ? [element("b", {}, percent(sum.overQuanta, sum.quanta)), element("span", {}, `${percent(sum.overWallTime, sum.wallTime)} of wall time`)]
    : [element("span", {}, "nothing measured")];
  const button = element("button", { type: "button", "aria-pressed": String(isHere) }, ...texts, hasGap ? element("em", {}, "has a gap") : null);
  const tint = sum.wallTime ? sum.overWallTime / sum.wallTime : 0;
  button.style.setProperty("--tint", `${Math.round(70 * Math.sqrt(tint))}%`);
  button.addEventListener("click", () => {
    Object.assign(state, { campaign, stage });
    chooseAll();
    byId("matrix").querySelector('button[aria-pressed="true"]')?.focus();
  });
  return element("td", {}, button);
};

// Pickers offer what the campaign has; what it has not is set back to all.
const pickers = () => {
  fillSelect(byId("campaign"), campaigns.map((row) => [row.campaign, `${row.campaign} · ${row.release}`]), state.campaign);
  const listed = stageRows(state.campaign, ALL).map((row) => row.stage);
  if (!listed.includes(state.stage)) state.stage = ALL;
  fillSelect(byId("stage"), [[ALL, "All stages"], ...listed.map((name) => [name, stageTitle(name)])], state.stage);
  for (const [name, order, none] of [["band", bandOrder, "Without band"], ["field", fieldOrder, "Without field"]]) {
    const { known, hasNone } = choices(name, order);
    const codes = [[ALL, `All ${name}s`], ...known.map((value) => [VALUE + value, value]), ...(hasNone && known.length ? [[NONE, none]] : [])];
    if (!codes.some(([code]) => code === state[name])) state[name] = ALL;
    fillSelect(byId(name), codes, state[name]);
    byId(`${name}-picker`).hidden = !known.length;
  }
  showStop();
};

const fieldsNote = () => {
  const { field_count: number, is_by_band: isByBand } = embedded.detail;
  const fields = number
    ? `The ${number} fields with most quanta of a campaign have their names; the others are together.`
    : "Fields are left out to keep this page small.";
  setText("fields-note", `Band and field are those of the data ID, the field that of its visit: quanta of coadds and catalogues have none, and drop out when one is chosen. ${fields}${isByBand ? "" : " Bands are left out too."} Tables beside this page have all of it.`);
};

const showStop = () => {
  byId("memory").value = String(STOPS.indexOf(state.step));
};

let isMoving = false;

// The slider moved: numbers and lines follow, charts stay.
const moveLine = () => {
  isMoving = false;
  answer();
  matrix();
  buy();
  refreshTables();
  for (const name of Object.keys(drawings)) signal(name, "memory_gib", memoryGib());
  if (views.curve?.drawing && views.curve.drawing.signals.x_max !== curveEnd()) draw("curve");
  writeAddress();
};

const drawAll = () => Promise.all(Object.keys(drawings).map(draw));

const chooseAll = () => {
  pickers();
  worstLimit = PAGE_ROWS;
  nodeTables();
  request();
  change();
  running();
  moveLine();
  return drawAll();
};

// Colours: as the system, or as chosen here.
const THEMES = ["auto", "light", "dark"];
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
let theme = "auto";

const remembered = (value) => {
  try {
    if (value === undefined) return localStorage.getItem("quanta-census-theme");
    localStorage.setItem("quanta-census-theme", value);
  } catch {
    // A browser may refuse to remember anything for local files.
  }
  return null;
};

const applyTheme = () => {
  isDark = theme === "dark" || (theme === "auto" && systemDark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  setText("theme", { auto: "Colours: system", light: "Colours: light", dark: "Colours: dark" }[theme]);
};

// The address holds the selection: a jump inside the page must not write over it.
const listenToJumps = () => {
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const target = document.querySelector(link.hash);
      target.scrollIntoView();
      target.focus({ preventScroll: true });
    });
  }
};

const listen = () => {
  listenToJumps();
  for (const name of ["campaign", "stage", "band", "field"]) {
    byId(name).addEventListener("change", (event) => {
      state[name] = event.target.value;
      chooseAll();
    });
  }
  byId("memory").addEventListener("input", (event) => {
    state.step = STOPS[Number(event.target.value)];
    // One update for each frame, however many events a drag makes.
    if (!isMoving) requestAnimationFrame(moveLine);
    isMoving = true;
  });
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("theme").addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    remembered(theme);
    applyTheme();
    drawAll();
  });
  systemDark.addEventListener("change", () => {
    applyTheme();
    drawAll();
  });
  for (const group of document.querySelectorAll("[data-option]")) {
    const { option } = group.dataset;
    press(group, options[option]);
    group.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      options[option] = button.dataset.value;
      press(group, options[option]);
      draw(group.closest(".chart").id);
    });
  }
  for (const button of document.querySelectorAll("[data-download]")) {
    const { id } = button.closest(".chart");
    button.setAttribute("aria-label", `Download this chart as ${button.dataset.download.toUpperCase()}`);
    button.addEventListener("click", () => (button.dataset.download === "svg" ? saveSvg(id) : saveChartCsv(id)));
  }
  byId("all-tasks").addEventListener("click", () => {
    options.allTasks = !options.allTasks;
    draw("boxes");
  });
  listenToRequests();
  listenToChanges();
  listenToRunning();
  for (const id of ["tasks-search", "worst-search"]) byId(id).addEventListener("input", refreshTables);
  byId("worst-more").addEventListener("click", () => {
    worstLimit += 10 * PAGE_ROWS;
    refreshTables();
  });
  byId("tasks-csv").addEventListener("click", () => saveCsv(fileStem("tasks"), csvOfTasks(), shown.tasks));
  byId("worst-csv").addEventListener("click", () => saveCsv(fileStem("worst-quanta"), csvOfWorst(), shown.worst));
  byId("complete-csv").addEventListener("click", () =>
    saveCsv("quanta-census_completeness", csvOf(embedded.stages), shown.complete));
  byId("matrix-csv").addEventListener("click", () =>
    saveCsv("quanta-census_campaigns-and-stages", [
      ["campaign", (row) => row.campaign],
      ["stage", (row) => row.stage],
      ["memory_per_core_gib", () => memoryGib()],
      ["quanta_count", (row) => row.quanta],
      ["over_memory_count", (row) => row.overQuanta],
      ["total_wall_time_s", (row) => row.wallTime / 1e6],
      ["over_memory_wall_time_s", (row) => row.overWallTime / 1e6],
    ], shown.matrix));
  for (const [button, what] of [["tasks-csv", "tasks"], ["worst-csv", "worst quanta"], ["complete-csv", "completeness"], ["matrix-csv", "all campaigns and stages"], ["requests-csv", "requests"], ["changes-csv", "changes"], ["dependence-csv", "growth"], ["hosts-csv", "nodes"], ["efficiency-csv", "shares of time"]]) {
    byId(button).setAttribute("aria-label", `Download ${what} as CSV`);
  }
  window.addEventListener("hashchange", () => {
    readAddress();
    chooseAll();
  });
};

const presets = () => {
  const lines = [...new Set([2, ...embedded.thresholds_gib, FINE_END, LAST_GIB])]
    .filter((line) => STOPS.includes(line * STEPS_PER_GIB))
    .sort((a, b) => a - b);
  byId("presets").replaceChildren(...lines.map((line) => {
    const button = element("button", { type: "button" }, String(line));
    button.dataset.value = String(line);
    button.setAttribute("aria-label", `${line} GiB`);
    button.addEventListener("click", () => {
      state.step = line * STEPS_PER_GIB;
      showStop();
      moveLine();
    });
    return button;
  }));
};

const about = () => {
  const { extracted_on: day, extractor_version: made, run_count: runs, is_simulated: simulated } = embedded.lake;
  byId("simulated").hidden = !simulated;
  setText("about", `${simulated ? "Simulated. " : ""}Lake of ${day ?? "unknown date"}, Quanta Census ${made ?? ""}, ${plural(runs ?? 0, "RUN")}.`);
};

const start = async () => {
  Object.assign(byId("memory"), { min: "0", max: String(STOPS.length - 1), step: "1" });
  theme = THEMES.includes(remembered()) ? remembered() : "auto";
  applyTheme();
  about();
  fieldsNote();
  presets();
  readAddress();
  listen();
  await chooseAll();
  document.documentElement.dataset.ready = "true";
};

start();
