// What to request: jobs with the policy that is picked, its back-test, and the text for BPS.

const JUDGED = [...embedded.policies.map((one) => one.policy), "current"];
const NOW = JUDGED.length - 1;

const KINDS = { task: "task", cluster: "cluster", member: "task in a cluster" };

const policyIndex = () => JUDGED.indexOf(byId("policy").value);

const jobKey = (row) => JSON.stringify([row.evidence_campaign, row.job_kind, row.job_label]);
const backtestOf = new Map(backtests.map((row) => [jobKey(row), row]));

// The back-test that the campaign's requests had, else (it is the last) the one that it served for.
const backtestFrom = () => {
  const own = backtests.find((row) => row.evidence_campaign === state.campaign);
  const other = backtests.find((row) => row.campaign === state.campaign);
  return own ?? other ?? null;
};

const judged = (name, at) => (row) => row[name]?.[at] ?? null;

const mibText = (value) => (value === null ? NOTHING : count(value));
const EVIDENCE = (row, at) => {
  if (row.request_memory_mib[at] === null) return "no peak";
  return row.has_enough_evidence[at] ? "enough" : "too few own peaks";
};

// Columns of what a policy would have done: to its own evidence, or to another campaign.
const outcomeColumns = (key, of, at) => {
  const outcome = (name, title, write, hint) => {
    const value = (row) => judged(name, at)(of(row) ?? {});
    return { key: `${key}-${title}`, title, hint, value, text: (row) => write(value(row)) };
  };
  return [
    outcome("killed_fraction", "killed", fraction, "Share of jobs whose first attempt would be killed"),
    outcome("mean_retry_count", "retries", (value) => decimals(value, 2), "Further attempts for each job"),
    outcome("wasted_fraction", "wasted", fraction, "Share of the memory-time requested that would not be used, killed attempts included"),
  ];
};

const requestGroups = () => {
  const at = policyIndex();
  const pair = backtestFrom();
  const tested = (row) => pair && backtestOf.get(JSON.stringify([pair.evidence_campaign, row.job_kind, row.job_label]));
  return [
    ["", [
      textColumn("job_label", "Job", { text: (row) => row.job_label }),
      textColumn("job_kind", "Kind", { text: (row) => KINDS[row.job_kind] ?? row.job_kind }),
    ]],
    ["Request (MiB)", [
      { key: "request", title: "by policy", value: judged("request_memory_mib", at), text: (row) => mibText(row.request_memory_mib[at]), hint: "requestMemory in MiB by the policy", tone: () => "strong" },
      { key: "now", title: "now", value: judged("request_memory_mib", NOW), text: (row) => mibText(row.request_memory_mib[NOW]), hint: "requestMemory in MiB of the current configuration" },
      { key: "difference", title: "difference", value: judged("request_difference_mib", at), text: (row) => row.request_difference_mib[at] === null ? NOTHING : signed(count(row.request_difference_mib[at]), row.request_difference_mib[at]), hint: "Request minus the current one, in MiB" },
    ]],
    ["Evidence", [
      countColumn("slot_count", "seen", { hint: "Jobs seen" }),
      countColumn("own_peak_count", "own", { hint: "Of these, with a peak of their own" }),
      { key: "enough", title: "enough?", isText: true, value: (row) => EVIDENCE(row, at), text: (row) => EVIDENCE(row, at), tone: (row) => (row.has_enough_evidence[at] ? "" : "thin") },
      textColumn("basis", "by", { hint: "By process where graphs say which quanta shared one, else by quantum" }),
    ]],
    ["Peaks (GiB)", ["p50", "p95", "p99", "max"].map((name) => gibColumn(`${name}_peak_rss_bytes`, name))],
    [`In ${state.campaign} itself`, outcomeColumns("own", (row) => row, at)],
    ...(pair ? [[`From ${pair.evidence_campaign}, in ${pair.campaign}`, outcomeColumns("test", tested, at)]] : []),
  ];
};

const csvOfRequests = () => {
  const at = policyIndex();
  const pair = backtestFrom();
  const tested = (row) => (pair && backtestOf.get(JSON.stringify([pair.evidence_campaign, row.job_kind, row.job_label]))) ?? {};
  const plain = ["campaign", "job_kind", "job_label", "tasks", "basis", "slot_count", "own_peak_count", "p50_peak_rss_bytes", "p95_peak_rss_bytes", "p99_peak_rss_bytes", "max_peak_rss_bytes"];
  const outcomes = ["killed_fraction", "mean_retry_count", "unfinished_count", "wasted_gib_h", "wasted_fraction"];
  return [
    ...plain.map((name) => [name, (row) => row[name]]),
    ["policy", () => JUDGED[at]],
    ...["request_memory_mib", "request_difference_mib", "has_enough_evidence"].map((name) => [name, judged(name, at)]),
    ["current_request_memory_mib", judged("request_memory_mib", NOW)],
    ...outcomes.map((name) => [name, judged(name, at)]),
    ["backtest_evidence_campaign", () => pair?.evidence_campaign],
    ["backtest_campaign", () => pair?.campaign],
    ...outcomes.map((name) => [`backtest_${name}`, (row) => judged(name, at)(tested(row))]),
  ];
};

const BACKTEST_COLUMNS = [
  textColumn("policy", "Policy", { text: (row) => policyName(row.policy) }),
  textColumn("evidence_campaign", "From"),
  textColumn("campaign", "Applied to"),
  countColumn("job_count", "Jobs", { hint: "Tasks and clusters that are compared" }),
  countColumn("slot_count", "Run", { hint: "How often they ran" }),
  fractionColumn("killed_fraction", "Killed", "Share whose first attempt would be killed"),
  writtenColumn("mean_retry_count", "Retries", (value) => decimals(value, 3), { hint: "Further attempts for each" }),
  countColumn("unfinished_count", "Never done", { hint: "What the last retry would still kill", tone: (row) => (row.unfinished_count ? "over" : "") }),
  writtenColumn("wasted_gib_h", "Wasted (GiB h)", (value) => decimals(value, 1)),
  fractionColumn("wasted_fraction", "Wasted", "Share of waste in waste and use"),
];

const policyName = (name) => embedded.policies.find((one) => one.policy === name)?.short ?? "today's request";

const isPooled = () => byId("evidence").value === "pooled";

// One request for all campaigns: the largest of those that stand on enough evidence.
const pooledGroups = () => {
  const at = policyIndex();
  return [
    ["", [textColumn("job_label", "Job"), textColumn("job_kind", "Kind", { text: (row) => KINDS[row.job_kind] ?? row.job_kind })]],
    ["Request (MiB)", [
      { key: "request", title: "by policy", value: judged("request_memory_mib", at), text: (row) => mibText(row.request_memory_mib[at]), hint: "The most that a campaign asks for, in MiB", tone: () => "strong" },
      { key: "least", title: "least", value: judged("smallest_request_memory_mib", at), text: (row) => mibText(row.smallest_request_memory_mib[at]), hint: "What the campaign asks for that asks for least, in MiB" },
      { key: "now", title: "now", value: (row) => row.current_request_memory_mib, text: (row) => mibText(row.current_request_memory_mib), hint: "requestMemory in MiB of the current configuration" },
    ]],
    ["Evidence", [
      { key: "most-in", title: "most in", isText: true, value: judged("largest_campaign", at), text: (row) => row.largest_campaign[at] ?? NOTHING, hint: "Campaign that asks for the most" },
      countColumn("campaign_count", "campaigns", { hint: "Campaigns in which it ran" }),
      { key: "evident", title: "with enough", value: judged("evident_campaign_count", at), text: (row) => count(row.evident_campaign_count[at]), hint: "Campaigns with enough own peaks" },
      countColumn("slot_count", "seen", { hint: "Jobs seen" }),
      countColumn("own_peak_count", "own", { hint: "Of these, with a peak of their own" }),
      { key: "enough", title: "enough?", isText: true, value: (row) => EVIDENCE(row, at), text: (row) => EVIDENCE(row, at), tone: (row) => (row.has_enough_evidence[at] ? "" : "thin") },
      textColumn("basis", "by", { hint: "By process where graphs say which quanta shared one, else by quantum" }),
    ]],
  ];
};

const csvOfPooled = () => {
  const at = policyIndex();
  return [
    ...["job_kind", "job_label", "tasks", "basis", "campaign_count", "slot_count", "own_peak_count", "current_request_memory_mib"].map((name) => [name, (row) => row[name]]),
    ["policy", () => JUDGED[at]],
    ...["request_memory_mib", "smallest_request_memory_mib", "largest_campaign", "evident_campaign_count", "has_enough_evidence"].map((name) => [name, judged(name, at)]),
  ];
};

const requestsNote = (ours, at) => {
  if (!ours.length && !isPooled() && !embedded.detail.has_every_answer) return `Requests of other campaigns than the focus: ${leftOut("fct_memory_requests")}`;
  const thin = ours.filter((row) => !row.has_enough_evidence[at]).length;
  return [
    `${embedded.policies[at].said}; rounded up to 64 MiB.`,
    isPooled()
      ? "For each job the largest request of all campaigns that have enough peaks."
      : `Evidence is ${state.campaign}, all stages; those first that used most memory for longest.`,
    thin ? `${plural(thin, "job has", "jobs have")} too few own peaks: a guess, and a comment in the text below.` : "",
    "Peaks are cut where today's requests ended: a killed quantum leaves none.",
    ...(isPooled() ? campaignNames : [state.campaign]).flatMap((name) => gapRemarks(name, ALL)),
  ].filter(Boolean).join(" ");
};

const request = () => {
  const at = policyIndex();
  const kind = byId("job-kind").value;
  const all = isPooled() ? pooledRequests : requests.filter((row) => row.campaign === state.campaign);
  const ours = all.filter((row) => (kind ? row.job_kind === kind : row.job_kind !== "member"));
  const found = ours.filter((row) => contains(byId("requests-search").value, row.job_label, row.tasks));
  const groups = isPooled() ? pooledGroups() : requestGroups();
  shown.requests = fillTable("requests", groups.flatMap(([, columns]) => columns), found, {
    again: request,
    groups: groups.map(([title, columns]) => [title, columns.length]),
  });
  setText("requests-count", plural(found.length, "job"));
  setText("requests-note", requestsNote(ours, at));

  const tests = backtestTotals
    .filter((row) => [row.evidence_campaign, row.campaign].includes(state.campaign))
    .sort((a, b) => campaignNames.indexOf(a.campaign) - campaignNames.indexOf(b.campaign) || JUDGED.indexOf(a.policy) - JUDGED.indexOf(b.policy));
  byId("backtest-part").hidden = !tests.length;
  shown.backtest = fillTable("backtest", BACKTEST_COLUMNS, tests, { again: request });

  const text = (isPooled() ? embedded.pooled_bps : embedded.bps[state.campaign])?.[at];
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

const listenToRequests = () => {
  fillSelect(byId("policy"), embedded.policies.map((one) => [one.policy, one.short]), JUDGED[0]);
  for (const id of ["evidence", "policy", "job-kind"]) byId(id).addEventListener("change", request);
  byId("requests-search").addEventListener("input", request);
  byId("requests-csv").addEventListener("click", () => saveCsv(fileStem(`requests-${byId("policy").value}${isPooled() ? "-all-campaigns" : ""}`), isPooled() ? csvOfPooled() : csvOfRequests(), shown.requests));
  byId("bps-copy").addEventListener("click", copyBps);
  byId("bps-save").addEventListener("click", () => save("requestMemory.yaml", "application/yaml", byId("bps").textContent));
};
