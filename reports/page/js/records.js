// What the batch system's records say of a campaign: jobs, queues, and requests that are tried on them.

import { campaignNames, embedded, tables } from "./data.js";
import { csvOf, saveCsv } from "./downloads.js";
import { byId } from "./elements.js";
import { GIB, NOTHING, decimals, fixed, stageTitle } from "./numbers.js";
import { state } from "./selection.js";
import { countColumn, fillTable, fractionColumn, gibColumn, nameColumn, shown, textColumn, writtenColumn } from "./tables.js";

const outcomes = tables.get("job_outcomes");
const queues = tables.get("queue_outcomes");
const tests = tables.get("recorded_tests");

const minutesColumn = (key, title, hint, more = {}) =>
  writtenColumn(key, title, (value) => decimals(value === null ? null : value / 60, 1), { hint, ...more });
const coreHoursColumn = (key, title, hint, more = {}) => writtenColumn(key, title, (value) => decimals(value, 2), { hint, ...more });

const outcomeGroups = () => [
  ["", [
    nameColumn("label", "Job"),
    textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) }),
    countColumn("job_count", "Jobs", { hint: "Jobs that are recorded" }),
  ]],
  ["Killed for memory", [
    countColumn("killed_job_count", "jobs", { hint: "Jobs that were killed at least once", tone: (row) => (row.killed_job_count ? "over" : "") }),
    fractionColumn("killed_job_fraction", "share", "Share of the jobs that were killed at least once"),
    countColumn("gave_up_job_count", "gave up", { hint: "Jobs whose last try was killed" }),
    countColumn("max_killed_request_mib", "at up to (MiB)", { hint: "Largest request at which one was killed" }),
    coreHoursColumn("killed_memory_core_h", "lost (core h)", "Core-hours of the tries that were killed"),
  ]],
  ["Requested and used", [
    gibColumn("p50_requested_memory_bytes", "requested (GiB)", { hint: "Median request" }),
    gibColumn("p95_peak_bytes", "used (GiB)", { hint: "95th percentile of the peaks of the tries that succeeded, by the batch system" }),
    fractionColumn("used_fraction", "used", "Peak times wall time over request times wall time"),
    minutesColumn("p50_waiting_wall_time_s", "wait (min)", "Median wait from submission to start", { isMinor: true }),
  ]],
];

const requestsOf = (row) =>
  row.min_requested_memory_bytes === null ? NOTHING : `${fixed(row.min_requested_memory_bytes / GIB, 2)} to ${fixed(row.max_requested_memory_bytes / GIB, 2)}`;

const queueGroups = () => [["", [
  nameColumn("queue_name", "Queue"),
  countColumn("try_count", "Tries"),
  fractionColumn("killed_memory_fraction", "Killed", "Share of the tries that were killed for their memory"),
  { key: "requests", title: "Requests (GiB)", isText: true, hint: "Smallest and largest request", value: (row) => row.max_requested_memory_bytes, text: requestsOf },
  fractionColumn("used_fraction", "Used", "Peak times wall time over request times wall time"),
  minutesColumn("p50_waiting_wall_time_s", "Median wait (min)", "From submission to start"),
  minutesColumn("p95_waiting_wall_time_s", "95 % wait (min)", "From submission to start"),
  fractionColumn("cpu_efficiency_fraction", "CPU efficiency", "CPU time over wall time times CPUs, of the tries whose CPU time is known"),
  coreHoursColumn("total_core_h", "All (core h)", "Core-hours of all tries"),
]]];

const testGroups = () => [["", [
  textColumn("policy", "Policy", { text: (row) => embedded.policy_names[row.policy] }),
  textColumn("evidence_campaign", "From", { hint: "Campaign that the requests were computed from" }),
  countColumn("compared_job_count", "Jobs", { hint: "Recorded jobs that succeeded with a known peak" }),
]], ["Tries killed", [
  countColumn("recorded_killed_count", "recorded"),
  countColumn("killed_count", "by the policy"),
  countColumn("unfinished_count", "never done", { hint: "Jobs that the policy would not finish in any try", tone: (row) => (row.unfinished_count ? "over" : "") }),
]], ["Unused (GiB h)", [
  writtenColumn("recorded_wasted_gib_h", "recorded", (value) => decimals(value, 1)),
  writtenColumn("wasted_gib_h", "by the policy", (value) => decimals(value, 1)),
]]];

const ofCampaign = (rows) => rows.filter((row) => row.campaign === state.campaign);

const showPart = (name, rows, groups, again) => {
  byId(`${name}-part`).hidden = !rows.length;
  fillTable(name, groups, rows, { again });
};

export const showRecords = () => {
  showPart("outcomes", ofCampaign(outcomes), outcomeGroups(), showRecords);
  showPart("queues", ofCampaign(queues), queueGroups(), showRecords);
  const rows = ofCampaign(tests).sort((a, b) =>
    campaignNames.indexOf(a.evidence_campaign) - campaignNames.indexOf(b.evidence_campaign));
  showPart("recorded-tests", rows, testGroups(), showRecords);
};

export const listenToRecords = () => {
  byId("outcomes-csv").addEventListener("click", () =>
    saveCsv("quanta-census_job-outcomes", csvOf("job_outcomes"), shown.get("outcomes")));
};
