// What is selected, and the sums over it: all of integers, so that they are exact.

const ALL = "all";
const NONE = "none";
const VALUE = "is:";

const state = {
  campaign: focus ? focus.campaign : "",
  stage: ALL,
  band: ALL,
  field: ALL,
  step: stopAt(focus ? focus.threshold_gib : 6),
};

// A choice is ALL, NONE (the data ID has no such dimension) or VALUE and the value itself.
const isChosen = (choice, value) =>
  choice === ALL || (choice === NONE ? value === null : choice === VALUE + value);

const memoryGib = () => state.step / STEPS_PER_GIB;
const isFiltered = () => state.band !== ALL || state.field !== ALL;

// Whether a row is of the campaign and stage, whatever band and field are picked.
const ofSelection = (row) => row.campaign === state.campaign && (state.stage === ALL || row.stage === state.stage);

const matches = (row, { campaign = state.campaign, stage = state.stage } = {}) =>
  row.campaign === campaign &&
  (stage === ALL || row.stage === stage) &&
  isChosen(state.band, row.band) &&
  isChosen(state.field, row.field);

const selectedSeries = (where) => series.filter((row) => matches(row, where));

// Quanta, microseconds of wall time and inherited peaks: all, and what is over a step.
const totals = (rows, step = state.step) => {
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

const stageRows = (campaign = state.campaign, stage = state.stage) =>
  stages.filter((row) => row.campaign === campaign && (stage === ALL || row.stage === stage));

const add = (rows, name) => rows.reduce((sum, row) => sum + (row[name] ?? 0), 0);

// Gaps of what is shown, said beside every chart and table of it.
const gapRemarks = (campaign = state.campaign, stage = state.stage) =>
  stageRows(campaign, stage).flatMap((row) => {
    const where = `${row.campaign}, ${stageTitle(row.stage)}`;
    if (row.incomplete_reason) return [`${where}, declared gap: ${row.incomplete_reason}`];
    return row.completeness_verdict === "incomplete" ? [`${where} is incomplete.`] : [];
  });

// Distinct values among a campaign's series, NONE last, in the order of `compare`.
const choices = (name, compare) => {
  const values = new Set(series.filter((row) => row.campaign === state.campaign).map((row) => row[name]));
  const known = [...values].filter((value) => value !== null).sort(compare);
  return { known, hasNone: values.has(null) };
};

const BANDS = "ugrizy";
const bandOrder = (a, b) =>
  ((BANDS.indexOf(a) + 1) || 99) - ((BANDS.indexOf(b) + 1) || 99) || (a < b ? -1 : 1);

const OTHER_FIELDS = "other fields";
const fieldOrder = (a, b) =>
  (a === OTHER_FIELDS) - (b === OTHER_FIELDS) || (a < b ? -1 : Number(a > b));

// The selection stands in the address, so that a link leads to what one sees.
const ADDRESSED = ["campaign", "stage", "band", "field"];

const writeAddress = () => {
  const query = new URLSearchParams(ADDRESSED.map((name) => [name, state[name]]));
  query.set("gib", String(memoryGib()));
  try {
    history.replaceState(null, "", `#${query}`);
  } catch {
    // Some viewers forbid it for local files: the page works without.
  }
};

const readAddress = () => {
  const query = new URLSearchParams(location.hash.slice(1));
  if (campaignOf.has(query.get("campaign"))) state.campaign = query.get("campaign");
  if (stageNames.includes(query.get("stage"))) state.stage = query.get("stage");
  state.band = query.get("band") ?? ALL;
  state.field = query.get("field") ?? ALL;
  const memory = Number(query.get("gib"));
  if (memory > 0) state.step = stopAt(memory);
};
