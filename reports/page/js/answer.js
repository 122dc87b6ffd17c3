// The answer at the top, and the same for every campaign and stage.

import { campaigns, campaignOf, stageNames } from "./data.js";
import { saveCsv } from "./downloads.js";
import { byId, element, press, setText } from "./elements.js";
import { US_PER_HOUR, count, gib, duration, percent, plural, stageTitle } from "./numbers.js";
import { ALL, add, isFiltered, memoryGib, pickCampaign, selectedSeries, stageRows, state, subject, totals } from "./selection.js";
import { shown } from "./tables.js";

const banner = () => {
  const target = byId("banner");
  const items = stageRows()
    .filter((row) => row.completeness_verdict !== "complete")
    .map((row) => {
      const left = row.is_empty
        ? "the lake has no data of this stage."
        : `${count(row.gap_count)} of ${plural(row.expected_count, "expected quantum", "expected quanta")} left no usable result.`;
      const said = {
        declared: `declared gap: ${left} ${row.incomplete_reason ?? ""}`,
        incomplete: `incomplete: ${left}`,
        unverified: "unverified: no graph says which quanta were expected.",
      }[row.completeness_verdict];
      return element("li", { class: row.completeness_verdict }, element("strong", {}, stageTitle(row.stage)), ` ${said}`);
    });
  target.className = `banner ${items.length ? "gaps" : "fine"}`;
  target.replaceChildren(
    items.length ? element("ul", {}, ...items) : element("p", {}, "Complete: every expected quantum is accounted for."),
  );
};

// What the batch system's records say of the rows, nothing where there are none.
const killed = (rows) => {
  const jobs = add(rows, "recorded_job_count");
  return jobs ? { jobs, killed: add(rows, "killed_job_count") } : null;
};

const caveats = (sum) => {
  const rows = stageRows();
  const recorded = killed(rows);
  const everywhere = isFiltered() ? ", all bands and fields" : "";
  const lines = [
    `${percent(sum.inherited, sum.quanta)} of peaks are inherited from an earlier quantum of the process: upper bounds. Of those over the line, ${count(sum.overInherited)} of ${count(sum.overQuanta)}.`,
    `${count(add(rows, "failed_count"))} failed and ${count(add(rows, "gap_count"))} missing${everywhere}: not in these shares. A quantum killed for its memory leaves no measurement.`,
    ...(recorded ? [`${count(recorded.killed)} of ${plural(recorded.jobs, "recorded job", "recorded jobs")} (${percent(recorded.killed, recorded.jobs)}) killed for memory${everywhere}: how much they needed is not known.`] : []),
  ];
  byId("caveats").replaceChildren(...lines.map((line) => element("li", {}, line)));
};

// What the campaigns file says of the campaign, and the visits that were counted.
const facts = () => {
  const { description, fields, visit_count: visits } = campaignOf.get(state.campaign) ?? {};
  const parts = [description, fields?.length ? `Fields: ${fields.join(", ")}.` : null, visits ? `${plural(visits, "visit")}.` : null];
  setText("facts", parts.filter(Boolean).join(" "));
};

const read = { timer: 0 };

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
  setText("wall-time-rest", `${duration(sum.overWallTime / US_PER_HOUR)} of ${duration(sum.wallTime / US_PER_HOUR)} need more`);
  setText("memory-output", line);
  byId("memory").setAttribute("aria-valuetext", `${line} per core`);
  press(byId("presets"), String(memoryGib()));
  caveats(sum);
  banner();
  // Read aloud once the slider rests.
  clearTimeout(read.timer);
  read.timer = setTimeout(() => setText("live", `${sentence} ${subject()}`), 500);
};

const cell = (campaign, stage, choose) => {
  const listed = stageRows(campaign, stage);
  if (!listed.length) return element("td", { class: "muted" }, "not listed");
  const sum = totals(selectedSeries({ campaign, stage }));
  shown.get("matrix").push({ campaign, stage, ...sum, ...killed(listed) });
  const isHere = campaign === state.campaign && stage === state.stage;
  const hasGap = listed.some((row) => ["declared", "incomplete"].includes(row.completeness_verdict));
  const texts = sum.quanta
    ? [element("b", {}, percent(sum.overQuanta, sum.quanta)), element("span", {}, `${percent(sum.overWallTime, sum.wallTime)} of wall time`)]
    : [element("span", {}, "nothing measured")];
  const recorded = killed(listed);
  if (recorded) texts.push(element("span", {}, `${percent(recorded.killed, recorded.jobs)} of jobs killed`));
  const button = element("button", { type: "button", "aria-pressed": String(isHere) }, ...texts, hasGap ? element("em", {}, "has a gap") : null);
  const tint = sum.wallTime ? sum.overWallTime / sum.wallTime : 0;
  button.style.setProperty("--tint", `${Math.round(70 * Math.sqrt(tint))}%`);
  button.addEventListener("click", () => {
    pickCampaign(campaign);
    state.stage = stage;
    choose();
    byId("matrix").querySelector('button[aria-pressed="true"]')?.focus();
  });
  return element("td", {}, button);
};

const matrix = (choose) => {
  setText("matrix-title", `Every campaign and stage at ${gib(memoryGib())}`);
  const names = [...stageNames, ALL];
  const head = element("thead", {}, element("tr", {},
    element("th", { scope: "col", class: "text" }, "Campaign"),
    ...names.map((name) => element("th", { scope: "col" }, name === ALL ? "All stages" : stageTitle(name)))));
  shown.set("matrix", []);
  const body = campaigns.map((campaign) =>
    element("tr", {},
      element("th", { scope: "row", class: "text" }, campaign.campaign, element("small", {}, campaign.release)),
      ...names.map((name) => cell(campaign.campaign, name, choose))));
  byId("matrix").replaceChildren(head, element("tbody", {}, ...body));
};

// `choose` is called when a cell of the table is chosen.
export const showAnswer = (choose) => {
  answer();
  matrix(choose);
};

export const listenToAnswer = () => {
  byId("matrix-csv").addEventListener("click", () =>
    saveCsv("quanta-census_campaigns-and-stages", [
      ["campaign", (row) => row.campaign],
      ["stage", (row) => row.stage],
      ["memory_per_core_gib", () => memoryGib()],
      ["quanta_count", (row) => row.quanta],
      ["over_memory_count", (row) => row.overQuanta],
      ["total_wall_time_s", (row) => row.wallTime / 1e6],
      ["over_memory_wall_time_s", (row) => row.overWallTime / 1e6],
      ["recorded_job_count", (row) => row.jobs],
      ["killed_job_count", (row) => row.killed],
    ], shown.get("matrix")));
};
