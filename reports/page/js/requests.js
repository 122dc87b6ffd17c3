// What to request: jobs with the policy that is picked, its back-test, and the text for BPS.

import { campaignNames, embedded, keyOf, leftOut, tables } from "./data.js";
import { fileStem, save, saveCsv } from "./downloads.js";
import { byId, contains, fillSelect, setText } from "./elements.js";
import { NOTHING, count, decimals, plural, shareInColumn, signed } from "./numbers.js";
import { listenToRecords, showRecords } from "./records.js";
import { ALL, EVIDENCE, gapRemarks, state } from "./selection.js";
import { countColumn, fillTable, fractionColumn, gibColumn, nameColumn, shown, textColumn, writtenColumn } from "./tables.js";

const jobs = tables.get("requests");
const pooledJobs = tables.get("pooled_requests");
const requestTotals = tables.get("request_totals");
const backtests = tables.get("backtests");
const backtestTotals = tables.get("backtest_totals");

const JUDGED = Object.keys(embedded.policy_names);
const NOW = JUDGED.indexOf("current");

const KINDS = new Map([["task", "task"], ["cluster", "cluster"], ["member", "task in a cluster"]]);
const SHOWN_KINDS = [["", "tasks and clusters"], ["task", "tasks alone"], ["cluster", "clusters alone"], ["member", "tasks inside clusters"]];

export const offeredPolicies = () => embedded.policies.map((one) => [one.policy, one.short]);

const policyIndex = () => JUDGED.indexOf(state.policy);
const isPooled = () => state.evidence === ALL;

const backtestOf = new Map(backtests.map((row) => [keyOf(row.evidence_campaign, row.job_kind, row.job_label), row]));

// The back-test that the campaign's requests had, else (it is the last) the one that it served for.
const backtestFrom = () => {
  const own = backtests.find((row) => row.evidence_campaign === state.campaign);
  const other = backtests.find((row) => row.campaign === state.campaign);
  return own ?? other ?? null;
};

const judged = (name, at) => (row) => row[name]?.[at] ?? null;

const judgedColumn = (key, title, name, at, hint, more = {}) => {
  const value = judged(name, at);
  return { key, title, hint, value, text: (row) => count(value(row)), ...more };
};

const evidenceText = (row, at) => {
  if (row.request_memory_mib[at] === null) return "no peak";
  if (row.basis === "guess") return "guess: processes not known";
  return row.has_enough_evidence[at] ? "enough" : "too few own peaks";
};

const jobColumns = () => [
  nameColumn("job_label", "Job"),
  textColumn("job_kind", "Kind", { text: (row) => KINDS.get(row.job_kind) ?? row.job_kind }),
];

const evidenceColumns = (at) => [
  countColumn("slot_count", "seen", { hint: "Jobs seen" }),
  countColumn("own_peak_count", "own", { hint: "Slots with an own peak" }),
  { key: "enough", title: "enough?", isText: true, value: (row) => evidenceText(row, at), text: (row) => evidenceText(row, at), tone: (row) => (row.has_enough_evidence[at] ? "" : "thin") },
  textColumn("basis", "by", { hint: "By process if it is known which quanta shared it; by quantum if each quantum is one job; else a guess" }),
];

// Columns of what a policy would have done: to its own evidence, or to another campaign.
const outcomeColumns = (key, of, at) => {
  const outcome = (name, title, write, hint) => {
    const value = (row) => judged(name, at)(of(row) ?? {});
    return { key: `${key}-${title}`, title, hint, isMinor: title === "retries", value, text: (row) => write(value(row)) };
  };
  return [
    outcome("killed_fraction", "killed", shareInColumn, "Share of jobs whose first attempt would be killed"),
    outcome("mean_retry_count", "retries", (value) => decimals(value, 2), "Further attempts for each job"),
    outcome("wasted_fraction", "wasted", shareInColumn, "Share of the memory-time requested that would not be used, killed attempts included"),
  ];
};

const testedBy = (pair) => (row) => pair && backtestOf.get(keyOf(pair.evidence_campaign, row.job_kind, row.job_label));

const requestGroups = () => {
  const at = policyIndex();
  const pair = backtestFrom();
  return [
    ["", jobColumns()],
    ["Request (MiB)", [
      judgedColumn("request", "by policy", "request_memory_mib", at, "requestMemory in MiB by the policy", { tone: () => "strong" }),
      judgedColumn("now", "now", "request_memory_mib", NOW, "requestMemory in MiB of the current configuration"),
      judgedColumn("difference", "difference", "request_difference_mib", at, "Request minus the current one, in MiB", {
        text: (row) => row.request_difference_mib[at] === null ? NOTHING : signed(count(row.request_difference_mib[at]), row.request_difference_mib[at]),
      }),
    ]],
    ["Evidence", evidenceColumns(at)],
    ["Peaks (GiB)", ["p50", "p95", "p99", "max"].map((name) => gibColumn(`${name}_peak_rss_bytes`, name, { isMinor: name === "p50" || name === "p99" }))],
    [`In ${state.campaign} itself`, outcomeColumns("own", (row) => row, at)],
    ...(pair ? [[`From ${pair.evidence_campaign}, in ${pair.campaign}`, outcomeColumns("test", testedBy(pair), at)]] : []),
  ];
};

// One request for all campaigns: the largest of those that stand on enough evidence.
const pooledGroups = () => {
  const at = policyIndex();
  return [
    ["", jobColumns()],
    ["Request (MiB)", [
      judgedColumn("request", "by policy", "request_memory_mib", at, "Largest request of any campaign, in MiB", { tone: () => "strong" }),
      judgedColumn("least", "least", "smallest_request_memory_mib", at, "Smallest request of any campaign, in MiB"),
      countColumn("current_request_memory_mib", "now", { hint: "requestMemory in MiB of the current configuration" }),
    ]],
    ["Evidence", [
      { key: "most-in", title: "most in", isText: true, value: judged("largest_campaign", at), text: (row) => row.largest_campaign[at] ?? NOTHING, hint: "Campaign with the largest request" },
      countColumn("campaign_count", "campaigns", { hint: "Campaigns in which it ran" }),
      judgedColumn("evident", "with enough", "evident_campaign_count", at, "Campaigns with enough own peaks"),
      ...evidenceColumns(at),
    ]],
  ];
};

const plainOf = (...names) => names.map((name) => [name, (row) => row[name]]);
const judgedOf = (at, ...names) => names.map((name) => [name, judged(name, at)]);

const csvOfRequests = () => {
  const at = policyIndex();
  const pair = backtestFrom();
  const tested = testedBy(pair);
  const outcomes = ["killed_fraction", "mean_retry_count", "unfinished_count", "wasted_gib_h", "wasted_fraction"];
  return [
    ...plainOf("campaign", "job_kind", "job_label", "tasks", "basis", "slot_count", "own_peak_count", "p50_peak_rss_bytes", "p95_peak_rss_bytes", "p99_peak_rss_bytes", "max_peak_rss_bytes"),
    ["policy", () => JUDGED[at]],
    ...judgedOf(at, "request_memory_mib", "request_difference_mib", "has_enough_evidence"),
    ["current_request_memory_mib", judged("request_memory_mib", NOW)],
    ...judgedOf(at, ...outcomes),
    ["backtest_evidence_campaign", () => pair?.evidence_campaign],
    ["backtest_campaign", () => pair?.campaign],
    ...outcomes.map((name) => [`backtest_${name}`, (row) => judged(name, at)(tested(row) ?? {})]),
  ];
};

const csvOfPooled = () => {
  const at = policyIndex();
  return [
    ...plainOf("job_kind", "job_label", "tasks", "basis", "campaign_count", "slot_count", "own_peak_count", "current_request_memory_mib"),
    ["policy", () => JUDGED[at]],
    ...judgedOf(at, "request_memory_mib", "smallest_request_memory_mib", "largest_campaign", "evident_campaign_count", "has_enough_evidence"),
  ];
};

const backtestGroups = () => [["", [
  textColumn("policy", "Policy", { text: (row) => embedded.policy_names[row.policy] }),
  textColumn("evidence_campaign", "From"),
  textColumn("campaign", "Applied to"),
  countColumn("job_count", "Jobs", { hint: "Tasks and clusters that are compared" }),
  countColumn("slot_count", "Run", { hint: "How often they ran" }),
  fractionColumn("killed_fraction", "Killed", "Share whose first attempt would be killed"),
  writtenColumn("mean_retry_count", "Retries", (value) => decimals(value, 3), { hint: "Further attempts for each" }),
  countColumn("unfinished_count", "Never done", { hint: "Jobs whose last retry would also be killed", tone: (row) => (row.unfinished_count ? "over" : "") }),
  writtenColumn("wasted_gib_h", "Wasted (GiB h)", (value) => decimals(value, 1)),
  fractionColumn("wasted_fraction", "Wasted", "Unused memory-time over requested memory-time"),
]]];

const totalGroups = () => [["", [
  textColumn("policy", "Policy", { text: (row) => `${embedded.policy_names[row.policy]}${row.is_default ? " (the default)" : ""}` }),
  countColumn("job_count", "Jobs", { hint: "Tasks and clusters with a request of every policy" }),
  fractionColumn("killed_fraction", "Killed", "Share whose first attempt would be killed"),
  countColumn("unfinished_count", "Never done", { hint: "Jobs whose last retry would also be killed", tone: (row) => (row.unfinished_count ? "over" : "") }),
  writtenColumn("killed_core_h", "Killed (core h)", (value) => decimals(value, 1), { hint: "Core-hours of attempts that would be killed" }),
  writtenColumn("total_core_h", "All (core h)", (value) => decimals(value, 1), { hint: "Core-hours charged for all attempts" }),
  fractionColumn("overhead_fraction", "More than needed", "Core-hours charged over those that the work needs, minus 1"),
  writtenColumn("wasted_gib_h", "Unused (GiB h)", (value) => decimals(value, 1), { hint: "Memory-time requested and not used, killed attempts included" }),
  writtenColumn("total_cost", "Cost", (value) => decimals(value, 0), { hint: "All core-hours at the prices of the campaigns file" }),
]]];

const showTotals = () => {
  const ours = requestTotals
    .filter((row) => row.campaign === state.campaign)
    .sort((a, b) => a.total_core_h - b.total_core_h);
  byId("request-totals-part").hidden = !ours.length;
  if (!ours.length) return;
  setText("request-totals-note", `Totals of ${state.campaign} over the jobs that have a request of every policy (${plural(ours[0].job_count, "task or cluster", "tasks and clusters")}), charged for what they request on nodes with ${ours[0].memory_per_core_gib} GiB per core. A killed attempt takes the time of the whole job. The default policy leaves the fewest jobs undone and, of the policies that do, costs least.`);
  fillTable("request-totals", totalGroups(), ours, { again: showTotals });
};

const noteOf = (ours, at) => {
  if (!ours.length && !isPooled() && !embedded.detail.has_every_answer) return `Requests of other campaigns than the focus: ${leftOut("fct_memory_requests")}`;
  const thin = ours.filter((row) => !row.has_enough_evidence[at]).length;
  return [
    `${embedded.policies[at].said}; rounded up to 64 MiB.`,
    isPooled()
      ? "Each job gets the largest request of all campaigns that have enough peaks."
      : `Evidence is ${state.campaign}, all stages; jobs that used most memory for longest come first.`,
    thin ? `${plural(thin, "job has", "jobs have")} too few own peaks, or processes that are not known: their request is a guess, and a comment in the text below.` : "",
    "A peak is that of the process. It does not include child processes, which a batch system counts.",
    "Peaks are cut where today's requests ended: a killed quantum leaves none.",
    ...(isPooled() ? campaignNames : [state.campaign]).flatMap((name) => gapRemarks(name, ALL)),
  ].filter(Boolean).join(" ");
};

const bpsOf = new Map(embedded.bps.map(({ campaign, texts }) => [campaign, texts]));

const showRequests = () => {
  const at = policyIndex();
  const kind = byId("job-kind").value;
  const all = isPooled() ? pooledJobs : jobs.filter((row) => row.campaign === state.campaign);
  const ours = all.filter((row) => (kind ? row.job_kind === kind : row.job_kind !== "member"));
  const found = ours.filter((row) => contains(byId("requests-search").value, row.job_label, row.tasks));
  fillTable("requests", isPooled() ? pooledGroups() : requestGroups(), found, { again: showRequests });
  setText("requests-count", plural(found.length, "job"));
  setText("requests-note", noteOf(ours, at));

  showTotals();
  const tests = backtestTotals
    .filter((row) => [row.evidence_campaign, row.campaign].includes(state.campaign))
    .sort((a, b) => campaignNames.indexOf(a.campaign) - campaignNames.indexOf(b.campaign) || JUDGED.indexOf(a.policy) - JUDGED.indexOf(b.policy));
  byId("backtest-part").hidden = !tests.length;
  fillTable("backtest", backtestGroups(), tests, { again: showRequests });
  showRecords();

  const text = (isPooled() ? embedded.pooled_bps : bpsOf.get(state.campaign))?.[at];
  byId("bps-copy").disabled = byId("bps-save").disabled = !text;
  setText("bps", text ?? "Left out to keep this page small: pick the focus campaign.");
  setText("bps-copied", "");
};

const copyBps = async () => {
  try {
    await navigator.clipboard.writeText(byId("bps").textContent);
    setText("bps-copied", "Copied.");
  } catch {
    // A browser may keep local files from the clipboard, but not what a reader has selected.
    getSelection().selectAllChildren(byId("bps"));
    setText("bps-copied", document.execCommand("copy") ? "Copied." : "Selected: copy it by keyboard.");
  }
};

const saveRequests = () => {
  const name = `requests-${state.policy}${isPooled() ? "-all-campaigns" : ""}`;
  saveCsv(fileStem(name), isPooled() ? csvOfPooled() : csvOfRequests(), shown.get("requests"));
};

export const requests = {
  charts: {},
  choose: () => {
    fillSelect(byId("evidence"), EVIDENCE, state.evidence);
    fillSelect(byId("policy"), offeredPolicies(), state.policy);
    showRequests();
  },
  listen: (remember) => {
    fillSelect(byId("job-kind"), SHOWN_KINDS, "");
    for (const name of ["evidence", "policy"]) {
      byId(name).addEventListener("change", () => {
        state[name] = byId(name).value;
        remember();
        showRequests();
      });
    }
    byId("job-kind").addEventListener("change", showRequests);
    byId("requests-search").addEventListener("input", showRequests);
    listenToRecords();
    byId("requests-csv").addEventListener("click", saveRequests);
    byId("bps-copy").addEventListener("click", copyBps);
    byId("bps-save").addEventListener("click", () => save("requestMemory.yaml", "application/yaml", byId("bps").textContent));
  },
};
