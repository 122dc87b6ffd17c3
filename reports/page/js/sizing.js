// What to buy: what nodes of each memory per core would charge for the work, and cost.

import { options } from "./charts.js";
import { campaignColour, campaignShape, inkColour, stageColour } from "./colours.js";
import { campaignNames, embedded, tables } from "./data.js";
import { byId, element, setText } from "./elements.js";
import { NOTHING, coreHours, coreHoursInColumn, count, fraction, gib, grouped, plural, stageTitle } from "./numbers.js";
import { ALL, gapRemarks, isFiltered, memoryGib, ofSelection, stageRows, state, subjectOfStage } from "./selection.js";
import { changeColumn, countColumn, fillTable, fractionColumn, memoryColumn, textColumn, timeColumn, unitOfTime, writtenColumn } from "./tables.js";

const ALL_STAGES = "All stages";

const choices = tables.get("sizing");
const requested = tables.get("requested");
const nodes = tables.get("nodes");
const packings = tables.get("packings");

// The choices of a campaign and stage; all stages together have a row of their own.
const sizingChoices = (campaign = state.campaign, stage = state.stage) =>
  choices.filter((row) => row.campaign === campaign && row.stage === (stage === ALL ? null : stage));

const isSized = (rows) => rows.some((row) => row.slot_count > 0);

// The largest choice that is not more than the slider, else the smallest there is.
const choiceAtLine = (rows) =>
  rows.filter((row) => row.memory_per_core_gib <= memoryGib()).at(-1) ?? rows[0];

const CIRCLE = "circle";

// [label, colour, shape, choices] of each curve.
const sizingCurves = () => {
  if (options.curves === "campaigns") {
    return campaignNames.map((name) => [name, campaignColour(name), campaignShape(name), sizingChoices(name)]);
  }
  const listed = state.stage === ALL ? stageRows(state.campaign, ALL).map((row) => row.stage) : [state.stage];
  const curves = listed.map((name) => [stageTitle(name), stageColour(name), CIRCLE, sizingChoices(state.campaign, name)]);
  return state.stage === ALL ? [...curves, [ALL_STAGES, inkColour(), CIRCLE, sizingChoices()]] : curves;
};

const SIZING = {
  sizing_overhead: { value: "overhead_fraction", title: "Overhead over unlimited memory" },
  sizing_core_hours: { value: "charged_core_h", title: "Core hours charged" },
  sizing_cost: { value: "excess_cost_fraction", title: "Cost beyond the cheapest" },
};

const unfitText = (row) =>
  row.unfit_quanta_count === null ? "not known" : plural(row.unfit_quanta_count, "quantum", "quanta");

const sizingRows = (curves) => {
  const { value } = SIZING[options.sizing];
  return curves.flatMap(([label, colour, shape, rows]) =>
    rows.filter((row) => row[value] !== null && row.slot_count > 0).map((row) => ({
      label,
      colour,
      shape,
      memory_gib: row.memory_per_core_gib,
      value: row[value],
      is_near: row.is_nearly_cheapest === true,
      overhead: fraction(row.overhead_fraction),
      charged: coreHours(row.charged_core_h),
      idle: coreHours(row.idle_core_h),
      unfit: unfitText(row),
      cost: row.excess_cost_fraction === null ? "no prices" : fraction(row.excess_cost_fraction),
    })),
  );
};

const BASES = new Map([
  ["process", "By process: a slot holds the largest peak of its quanta, from the first quantum to the last."],
  ["quantum", "By quantum: as far as is known, each quantum was one job."],
  ["mixed", "By process if it is known which quanta shared it; else by quantum, which is a lower bound."],
  ["guess", "A guess: which quanta shared a process is not known, so each quantum is charged as a job of its own. That is a lower bound."],
]);

const buy = () => {
  const curves = sizingCurves().filter(([, , , rows]) => isSized(rows));
  const rows = sizingRows(curves);
  const here = choiceAtLine(sizingChoices());
  const notes = ["The best case: every job requests exactly its peak r and holds max(CPUs, r / memory per core rounded up) cores for its time.", BASES.get(here?.basis) ?? ""];
  if (rows.some((row) => row.is_near)) notes.push("Filled points cost at most 5\u00a0% more than the cheapest.");
  if (here?.unsized_quanta_count) notes.push(`${plural(here.unsized_quanta_count, "quantum", "quanta")} that ran left no peak or no time and are not included.`);
  if (isFiltered()) notes.push("Includes all bands and fields.");
  return {
    spec: options.sizing,
    rows,
    signals: {},
    colours: new Map(curves.map(([label, colour]) => [label, colour])),
    shapes: options.curves === "campaigns" ? new Map(curves.map(([label, , shape]) => [label, shape])) : undefined,
    title: SIZING[options.sizing].title,
    note: notes.join(" "),
    gaps: gapRemarks(),
    alt: here ? `Falling curves from 2 to 16 GiB per core: at ${gib(here.memory_per_core_gib)} the overhead is ${fraction(here.overhead_fraction)}.` : "No curve.",
    empty: options.sizing === "sizing_cost" ? "The campaigns file has no prices." : undefined,
  };
};

const tile = (id, figure, what, rest) =>
  element("div", { class: "stat", id }, element("p", { class: "figure" }, figure), element("p", { class: "what" }, what), element("p", { class: "rest" }, rest));

const largestNode = () => {
  const cores = nodes.filter((row) => row.campaign === state.campaign).map((row) => row.cores_count);
  return cores.length ? `of ${count(Math.max(...cores))} cores, the largest of the campaigns file` : "the campaigns file lists no nodes";
};

// What is cheapest, and from where to where it hardly matters.
const cheapest = (rows) => {
  const best = rows.find((row) => row.is_cheapest);
  if (!best) return ["–", "no prices in the campaigns file"];
  const near = rows.filter((row) => row.is_nearly_cheapest).map((row) => row.memory_per_core_gib);
  const unfit = best.unfit_quanta_count ? `; ${plural(best.unfit_quanta_count, "quantum fits", "quanta fit")} on no such node` : "";
  const flat = near.length > 1 ? `${gib(near[0])} to ${gib(near.at(-1))} cost at most 5\u00a0% more` : "every other choice costs over 5\u00a0% more";
  return [gib(best.memory_per_core_gib), `${flat}${unfit}; best case`];
};

const nodeGroups = (rows) => {
  const unit = unitOfTime(rows, ["unfit_wall_time_h"]);
  return [["", [
    textColumn("node_type", "Node"),
    textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) }),
    countColumn("cores_count", "Cores"),
    memoryColumn(rows, "memory_gib", "Memory"),
    memoryColumn(rows, "memory_per_core_gib", "Per core"),
    countColumn("quanta_count", "Quanta"),
    countColumn("unfit_quanta_count", "Do not fit", { hint: "Quanta in slots that need more memory or cores than the node has", tone: (row) => (row.unfit_quanta_count ? "over" : "") }),
    timeColumn("unfit_wall_time_h", `Their wall time (${unit.name})`, unit),
    writtenColumn("charged_core_h", "Charged", coreHoursInColumn, { hint: "Core hours charged for the work that fits" }),
    fractionColumn("overhead_fraction", "Overhead", "Share charged in addition to nodes with unlimited memory, if every job requests exactly its peak"),
  ]]];
};

const packingGroups = (rows) => {
  const unit = unitOfTime(rows, ["makespan_wall_time_h"]);
  return [["", [
    textColumn("node_type", "Node", { text: (row) => row.node_type ?? `${count(row.cores_count)} cores` }),
    textColumn("stage", "Stage", { text: (row) => stageTitle(row.stage) }),
    memoryColumn(rows, "memory_per_core_gib", "Per core"),
    countColumn("node_count", "Nodes", { hint: "Number of nodes that the formula needs to do the work in the time that the stage took" }),
    { key: "sampled_slot_count", title: "Slots", value: (row) => row.sampled_slot_count, text: (row) => row.sampled_slot_count < row.slot_count ? `${count(row.sampled_slot_count)} of ${count(row.slot_count)}` : count(row.slot_count), hint: "Slots packed: a sample where there are very many" },
    countColumn("unfit_slot_count", "Do not fit", { tone: (row) => (row.unfit_slot_count ? "over" : "") }),
    timeColumn("makespan_wall_time_h", `Takes (${unit.name})`, unit, { hint: "From the first start to the last end" }),
    fractionColumn("closed_form_utilisation_fraction", "Used, formula", "Share of core hours in use, by the formula"),
    fractionColumn("queue_core_utilisation_fraction", "Used, packed", "Share of core hours in use in the simulation, while work waits"),
    fractionColumn("queue_memory_idle_fraction", "Idle for memory", "Share of core hours idle because memory is full"),
    fractionColumn("queue_core_idle_fraction", "Idle for cores", "Share of core hours idle because a slot of many cores waits for them"),
    changeColumn("excess_fraction", "Against the formula", "Core hours of the simulation beyond those of the formula", { tone: () => "strong" }),
    changeColumn("tied_excess_fraction", "Memory tied", "Core hours of a simulation with memory tied to cores, compared with those of the formula"),
  ]]];
};

const REQUESTS = new Map([
  ["exact", "exactly its peak (best case)"],
  ...Object.entries(embedded.policy_names),
]);

const requestedGroups = (best) => [["", [
  textColumn("policy", "Each job requests", { text: (row) => REQUESTS.get(row.policy) ?? row.policy }),
  writtenColumn("charged_core_h", "Charged", coreHoursInColumn, { hint: "Core hours of all attempts" }),
  fractionColumn("overhead_fraction", "Overhead", "Share charged in addition to what the work needs"),
  writtenColumn("killed_core_h", "Killed", coreHoursInColumn, { hint: "Core hours of attempts that would be killed; they are charged" }),
  countColumn("unfit_quanta_count", "Do not fit", { hint: "Quanta of jobs that fit on no node", tone: (row) => (row.unfit_quanta_count ? "over" : "") }),
  countColumn("unsized_quanta_count", "Left out", { hint: "Quanta without a peak, or whose job has no such request" }),
  { key: "cheapest", title: "Cheapest", hint: "Memory per core that costs least by the prices of the campaigns file", value: (row) => best.get(row.policy)?.memory_per_core_gib ?? null, text: (row) => best.has(row.policy) ? cheapestText(best.get(row.policy)) : NOTHING },
]]];

// Never without the number that does not fit.
const cheapestText = (row) =>
  gib(row.memory_per_core_gib) + (row.unfit_quanta_count ? ` (${plural(row.unfit_quanta_count, "quantum does", "quanta do")} not fit)` : "");

// All stages together, whatever stage is picked: nodes are bought for all of them.
const showRequested = () => {
  const ours = requested.filter((row) => row.campaign === state.campaign);
  const best = new Map(ours.filter((row) => row.is_cheapest).map((row) => [row.policy, row]));
  const choice = choiceAtLine(ours.filter((row) => row.policy === "exact"))?.memory_per_core_gib;
  const listed = [...REQUESTS.keys()].flatMap((policy) =>
    ours.filter((row) => row.policy === policy && row.memory_per_core_gib === choice));
  byId("requested-part").hidden = !listed.length;
  if (!listed.length) return;
  setText("requested-note", `All stages of ${state.campaign} on nodes of ${gib(choice)} per core. A batch system charges what a job requests, so real work costs more than the best case. Jobs that share the memory of a node can cost less, as the simulation of packing shows.`);
  fillTable("requested", requestedGroups(best), listed, { again: showRequested });
};

// What does not follow the slider.
const showNodes = () => {
  for (const [id, groups, all] of [["nodes", nodeGroups, nodes], ["packings", packingGroups, packings]]) {
    const listed = all.filter(ofSelection);
    byId(`${id}-part`).hidden = !listed.length;
    fillTable(id, groups(listed), listed, { again: showNodes });
  }
};

const showChoice = () => {
  showRequested();
  const rows = sizingChoices();
  const here = choiceAtLine(rows);
  const isKnown = isSized(rows);
  byId("buy-tiles").hidden = !isKnown;
  setText("buy-at", isKnown ? `${subjectOfStage()} on nodes of ${gib(here.memory_per_core_gib)} per core` : "No measured quantum has a size.");
  const ends = [rows[0]?.memory_per_core_gib, rows.at(-1)?.memory_per_core_gib];
  setText("buy-rounded", isKnown && here.memory_per_core_gib !== memoryGib()
    ? `Choices go from ${gib(ends[0])} to ${gib(ends[1])} in steps of half a GiB: these numbers are for the nearest choice below ${gib(memoryGib())}${memoryGib() < ends[0] ? ", here the smallest" : ""}.`
    : "");
  if (isKnown) {
    const [best, flat] = cheapest(rows);
    const isPriced = here.work_cost !== null;
    byId("buy-tiles").replaceChildren(
      tile("buy-overhead", fraction(here.overhead_fraction), "more core hours than with unlimited memory", `${coreHours(here.charged_core_h)} for ${coreHours(here.needed_core_h)}`),
      tile("buy-idle", grouped(here.idle_core_h, 2), "core hours idle because their memory is in use", `${fraction(here.idle_fraction)} of those charged`),
      tile("buy-unfit", here.unfit_quanta_count === null ? NOTHING : count(here.unfit_quanta_count), "quanta fit no node", `of ${count(here.quanta_count)}; ${largestNode()}`),
      tile("buy-cost", isPriced ? fraction(here.excess_cost_fraction) : NOTHING, "more than the cheapest", isPriced ? `cost ${grouped(here.work_cost, 0)} at the prices of the campaigns file` : "no prices in the campaigns file"),
      tile("buy-best", best, "is cheapest", flat),
    );
  }
};

export const sizing = {
  charts: { buy },
  choose: showNodes,
  moveLine: showChoice,
};
