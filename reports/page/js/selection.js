// What is selected, and the sums over it: all of integers, so that they are exact.

import { STEPS_PER_GIB, campaignNames, campaignOf, embedded, focus, series, stages, stopAt } from "./data.js";
import { stageTitle } from "./numbers.js";

export const ALL = "all";
const NONE = "none";
const VALUE = "is:";

// Evidence of requests: this campaign, or all of them.
export const EVIDENCE = [["campaign", "this campaign"], [ALL, "all campaigns"]];

export const state = {
  campaign: focus ? focus.campaign : "",
  stage: ALL,
  band: ALL,
  field: ALL,
  step: stopAt(focus ? focus.threshold_gib : 6),
  section: "",
  policy: embedded.default_policy,
  evidence: EVIDENCE[0][0],
  pair: "",
};

// Another campaign has other pairs.
export const pickCampaign = (name) => {
  if (name !== state.campaign) state.pair = "";
  state.campaign = name;
};

// A choice is ALL, NONE (the data ID has no such dimension) or VALUE and the value itself.
const isChosen = (choice, value) =>
  choice === ALL || (choice === NONE ? value === null : choice === VALUE + value);

export const memoryGib = () => state.step / STEPS_PER_GIB;
export const isFiltered = () => state.band !== ALL || state.field !== ALL;

// Whether a row is of the campaign and stage, whatever band and field are picked.
export const ofSelection = (row) => row.campaign === state.campaign && (state.stage === ALL || row.stage === state.stage);

export const matches = (row, { campaign = state.campaign, stage = state.stage } = {}) =>
  row.campaign === campaign &&
  (stage === ALL || row.stage === stage) &&
  isChosen(state.band, row.band) &&
  isChosen(state.field, row.field);

export const selectedSeries = (where) => series.filter((row) => matches(row, where));

// Quanta, microseconds of wall time and inherited peaks: all, and what is over a step.
export const totals = (rows, step = state.step) => {
  const sum = {
    quanta: 0, wallTime: 0, inherited: 0,
    overQuanta: 0, overWallTime: 0, overInherited: 0,
  };
  for (const row of rows) {
    row.step.forEach((at, index) => {
      sum.quanta += row.quanta_count[index];
      sum.wallTime += row.total_wall_time_us[index];
      sum.inherited += row.inherited_peak_count[index];
      if (at > step) {
        sum.overQuanta += row.quanta_count[index];
        sum.overWallTime += row.total_wall_time_us[index];
        sum.overInherited += row.inherited_peak_count[index];
      }
    });
  }
  return sum;
};

export const stageRows = (campaign = state.campaign, stage = state.stage) =>
  stages.filter((row) => row.campaign === campaign && (stage === ALL || row.stage === stage));

export const add = (rows, name) => rows.reduce((sum, row) => sum + (row[name] ?? 0), 0);

// What the bands and fields do not change.
export const subjectOfStage = () =>
  [state.campaign, campaignOf.get(state.campaign)?.release, state.stage === ALL ? "all stages" : stageTitle(state.stage)].join(" · ");

export const subject = () => {
  const parts = [subjectOfStage()];
  if (state.band !== ALL) parts.push(state.band === NONE ? "without band" : `band ${state.band.slice(VALUE.length)}`);
  if (state.field !== ALL) parts.push(state.field === NONE ? "without field" : `field ${state.field.slice(VALUE.length)}`);
  return parts.join(" · ");
};

// Gaps of what is shown, said beside every chart and table of it.
export const gapRemarks = (campaign = state.campaign, stage = state.stage) =>
  stageRows(campaign, stage).flatMap((row) => {
    const where = `${row.campaign}, ${stageTitle(row.stage)}`;
    if (row.incomplete_reason) return [`${where}, declared gap: ${row.incomplete_reason}`];
    return row.completeness_verdict === "incomplete" ? [`${where} is incomplete.`] : [];
  });

export const allGapRemarks = () => campaignNames.flatMap((name) => gapRemarks(name));

const BANDS = "ugrizy";
const bandOrder = (a, b) =>
  ((BANDS.indexOf(a) + 1) || 99) - ((BANDS.indexOf(b) + 1) || 99) || (a < b ? -1 : 1);

const OTHER_FIELDS = "other fields";
const fieldOrder = (a, b) =>
  (a === OTHER_FIELDS) - (b === OTHER_FIELDS) || (a < b ? -1 : Number(a > b));

// What a picker of bands or fields offers for the campaign: [code, text], all of them first.
const offer = (name, compare, all, none) => {
  const values = new Set(series.filter((row) => row.campaign === state.campaign).map((row) => row[name]));
  const known = [...values].filter((value) => value !== null).sort(compare);
  return [[ALL, all], ...known.map((value) => [VALUE + value, value]), ...(values.has(null) && known.length ? [[NONE, none]] : [])];
};

export const offeredBands = () => offer("band", bandOrder, "All bands", "Without band");
export const offeredFields = () => offer("field", fieldOrder, "All fields", "Without field");
export const offeredStages = () => [[ALL, "All stages"], ...stageRows(state.campaign, ALL).map((row) => [row.stage, stageTitle(row.stage)])];
