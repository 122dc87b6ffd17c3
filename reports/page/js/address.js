// The selection stands in the address, so that a link leads to what one sees. What a link asks for
// and the page does not have is said.

import { offeredPairs } from "./changes.js";
import { LAST_GIB, campaignNames, campaignOf, stopAt } from "./data.js";
import { byId } from "./elements.js";
import { gib } from "./numbers.js";
import { offeredPolicies } from "./requests.js";
import { EVIDENCE, memoryGib, offeredBands, offeredFields, offeredStages, pickCampaign, state } from "./selection.js";

const MEMORY = "gib";
const SECTION = "section";

// What each key may be, once those before it are known.
const OFFERED = new Map([
  ["campaign", () => campaignNames],
  ["stage", () => offeredStages().map(([code]) => code)],
  ["band", () => offeredBands().map(([code]) => code)],
  ["field", () => offeredFields().map(([code]) => code)],
  ["policy", () => offeredPolicies().map(([code]) => code)],
  ["evidence", () => EVIDENCE.map(([code]) => code)],
  ["pair", () => offeredPairs().map(([code]) => code)],
  [SECTION, () => [...document.querySelectorAll("main section[id]")].map((section) => section.id)],
]);

export const writeAddress = () => {
  const query = new URLSearchParams([...OFFERED.keys()].filter((name) => state[name]).map((name) => [name, state[name]]));
  query.set(MEMORY, String(memoryGib()));
  try {
    history.replaceState(null, "", `#${query}`);
  } catch {
    // Some viewers forbid it for local files: the page works without.
  }
};

const readMemory = (text) => {
  const memory = Number(text);
  if (!(memory > 0)) return `“${text}” is not a memory per core; the page shows ${gib(memoryGib())}.`;
  state.step = stopAt(memory);
  if (memoryGib() === memory) return null;
  return memory > LAST_GIB
    ? `${gib(memory)} per core is beyond the slider; the page shows ${gib(memoryGib())}.`
    : `The slider does not stop at ${gib(memory)} per core; the page shows ${gib(memoryGib())}, the next stop.`;
};

// Take over what a link asks for; returns a sentence for each thing that is not there.
export const readAddress = () => {
  const text = location.hash.slice(1);
  // A plain `#buy` names a section.
  const query = new URLSearchParams(text && !text.includes("=") ? [[SECTION, decodeURIComponent(text)]] : text);
  const complaints = [];
  for (const [name, offered] of OFFERED) {
    if (!query.has(name)) continue;
    const wanted = query.get(name);
    if (!offered().includes(wanted)) complaints.push(`there is no ${name} “${wanted}”${name === "campaign" ? "" : ` of ${state.campaign}`}.`);
    else if (name === "campaign") pickCampaign(wanted);
    else state[name] = wanted;
  }
  if (query.has(MEMORY)) complaints.push(readMemory(query.get(MEMORY)));
  for (const name of query.keys()) {
    if (name !== MEMORY && !OFFERED.has(name)) complaints.push(`“${name}” is not a name that this page knows.`);
  }
  return complaints.filter(Boolean);
};

export const tellLink = (complaints) => {
  const target = byId("link-remarks");
  target.hidden = !complaints.length;
  target.textContent = complaints.length ? `Not everything in the link is on this page: ${complaints.join(" ")}` : "";
};

// The window's title tells bookmarks and tabs apart.
export const tellTitle = () => {
  document.title = `${state.campaign} (${campaignOf.get(state.campaign)?.release ?? "no release"}) · Quanta Census`;
};
