// The page: what happens when something is chosen.

import { listenToAnswer, showAnswer } from "./answer.js";
import { readAddress, tellLink, tellTitle, writeAddress } from "./address.js";
import { changes } from "./changes.js";
import { addCharts, draw, drawAll, moveLines, options, saveChartCsv, saveSvg } from "./charts.js";
import { look } from "./colours.js";
import { completeness } from "./completeness.js";
import { FINE_END, LAST_GIB, STEPS_PER_GIB, STOPS, campaigns, embedded } from "./data.js";
import { depth } from "./depth.js";
import { byId, element, fillSelect, press, setText } from "./elements.js";
import { memory } from "./memory.js";
import { plural } from "./numbers.js";
import { requests } from "./requests.js";
import { ALL, offeredBands, offeredFields, offeredStages, pickCampaign, state } from "./selection.js";
import { sizing } from "./sizing.js";
import { narrow } from "./tables.js";
import { timeline } from "./timeline.js";

// Each gives {charts, choose(), moveLine(), listen(remember)}: what it draws, what follows the
// pickers, what follows the slider as well, and its own controls.
const QUESTIONS = [memory, completeness, changes, sizing, requests, timeline, depth];

// Pickers offer what the campaign has; what it has not is set back to all.
const pickers = () => {
  fillSelect(byId("campaign"), campaigns.map((row) => [row.campaign, `${row.campaign} · ${row.release}`]), state.campaign);
  for (const [name, offer] of [["stage", offeredStages], ["band", offeredBands], ["field", offeredFields]]) {
    const offered = offer();
    if (!offered.some(([code]) => code === state[name])) state[name] = ALL;
    fillSelect(byId(name), offered, state[name]);
    if (name !== "stage") byId(`${name}-picker`).hidden = offered.length === 1;
  }
  showStop();
};

const fieldsNote = () => {
  const { field_count: number, is_by_band: isByBand } = embedded.detail;
  const fields = number
    ? `The ${number} fields with most quanta of a campaign have their names; the other fields are shown as one.`
    : "Fields are left out to keep this page small.";
  setText("fields-note", `The band is that of the data ID, and the field that of its visit. Quanta of coadds and catalogues have no field; a choice of band or field excludes quanta without one. ${fields}${isByBand ? "" : " Bands are left out too."} Tables beside this page have all bands and fields.`);
};

const showStop = () => {
  byId("memory").value = String(STOPS.indexOf(state.step));
};

const slider = { isMoving: false };

// The slider moved: numbers and lines follow, charts stay.
const moveLine = () => {
  slider.isMoving = false;
  showAnswer(choose);
  for (const question of QUESTIONS) question.moveLine?.();
  moveLines();
  remember();
};

// What the reader did himself, a link did not ask for.
const remember = () => {
  writeAddress();
  tellLink([]);
};

const chooseAll = () => {
  pickers();
  for (const question of QUESTIONS) question.choose?.();
  showAnswer(choose);
  for (const question of QUESTIONS) question.moveLine?.();
  tellTitle();
  writeAddress();
  return drawAll();
};

const choose = () => {
  tellLink([]);
  return chooseAll();
};

// Colours: as the system, or as chosen here.
const THEMES = new Map([["auto", "Colours: system"], ["light", "Colours: light"], ["dark", "Colours: dark"]]);
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
const theme = { name: "auto" };

const STORED = "quanta-census-theme";

const remembered = () => {
  try {
    return localStorage.getItem(STORED);
  } catch {
    // A browser may refuse to remember anything for local files.
    return null;
  }
};

const keep = (name) => {
  try {
    localStorage.setItem(STORED, name);
  } catch {
    // As above: the colours then last as long as the page is open.
  }
};

const applyTheme = () => {
  look.isDark = theme.name === "dark" || (theme.name === "auto" && systemDark.matches);
  document.documentElement.dataset.theme = look.isDark ? "dark" : "light";
  setText("theme", THEMES.get(theme.name));
};

const scrolled = { timer: 0, isJump: false };

const jumpTo = (target) => {
  state.section = target.id;
  scrolled.isJump = true;
  showSection();
  writeAddress();
  target.scrollIntoView();
  target.focus({ preventScroll: true });
};

// The address holds the selection: a jump inside the page only changes its section.
const listenToJumps = () => {
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      jumpTo(document.querySelector(link.hash));
    });
  }
};

// The section that one reads: the last one that begins near the upper end of the window.
const sectionInView = () => {
  const sections = [...document.querySelectorAll("main section[id]")];
  const above = sections.filter((section) => section.getBoundingClientRect().top < window.innerHeight / 3);
  return (above.at(-1) ?? sections[0]).id;
};

const showSection = () => {
  for (const link of document.querySelectorAll(".jump a")) {
    if (link.hash === `#${state.section}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};

// Browsers limit how often an address may be written.
const listenToScrolling = () => {
  window.addEventListener("scroll", () => {
    clearTimeout(scrolled.timer);
    scrolled.timer = setTimeout(() => {
      // Whoever jumped is where he wanted to be, also where the page is too short to scroll there.
      const { isJump } = scrolled;
      scrolled.isJump = false;
      if (isJump) return;
      const section = window.scrollY > 0 ? sectionInView() : "";
      if (section === state.section) return;
      state.section = section;
      showSection();
      writeAddress();
    }, 150);
  }, { passive: true });
};

const DOWNLOADS = new Map([
  ["tasks-csv", "tasks"], ["worst-csv", "worst quanta"], ["complete-csv", "completeness"],
  ["matrix-csv", "all campaigns and stages"], ["requests-csv", "requests"], ["changes-csv", "changes"],
  ["dependence-csv", "growth"], ["hosts-csv", "nodes"], ["efficiency-csv", "shares of time"],
]);

const listenToCharts = () => {
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
  for (const [button, what] of DOWNLOADS) byId(button).setAttribute("aria-label", `Download ${what} as CSV`);
};

const follow = () => {
  const complaints = readAddress();
  return chooseAll().then(() => {
    tellLink(complaints);
    if (state.section) jumpTo(byId(state.section));
    else showSection();
  });
};

const listen = () => {
  listenToJumps();
  listenToScrolling();
  for (const name of ["campaign", "stage", "band", "field"]) {
    byId(name).addEventListener("change", (event) => {
      if (name === "campaign") pickCampaign(event.target.value);
      else state[name] = event.target.value;
      choose();
    });
  }
  byId("memory").addEventListener("input", (event) => {
    state.step = STOPS[Number(event.target.value)];
    // One update for each frame, however many events a drag makes.
    if (!slider.isMoving) requestAnimationFrame(moveLine);
    slider.isMoving = true;
  });
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("theme").addEventListener("click", () => {
    const names = [...THEMES.keys()];
    theme.name = names[(names.indexOf(theme.name) + 1) % names.length];
    keep(theme.name);
    applyTheme();
    drawAll();
  });
  narrow.addEventListener("change", chooseAll);
  systemDark.addEventListener("change", () => {
    applyTheme();
    drawAll();
  });
  listenToCharts();
  listenToAnswer();
  for (const question of QUESTIONS) question.listen?.(remember);
  window.addEventListener("hashchange", follow);
};

// Labels stand where the slider's stops are; one that would cover another is left out.
const LEAST_DISTANCE = 0.035;

const presets = () => {
  const lines = [...new Set([2, ...embedded.thresholds_gib, FINE_END, LAST_GIB])]
    .filter((line) => STOPS.includes(line * STEPS_PER_GIB))
    .sort((a, b) => a - b);
  const placed = lines.map((line) => ({ line, place: STOPS.indexOf(line * STEPS_PER_GIB) / (STOPS.length - 1) }));
  const kept = placed.filter(({ place }, index) => index === 0 || place - placed[index - 1].place >= LEAST_DISTANCE);
  byId("presets").replaceChildren(...kept.map(({ line, place }) => {
    const button = element("button", { type: "button" }, String(line));
    button.dataset.value = String(line);
    button.style.setProperty("--place", String(place));
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
  const stored = remembered();
  theme.name = THEMES.has(stored) ? stored : "auto";
  applyTheme();
  about();
  fieldsNote();
  presets();
  for (const question of QUESTIONS) addCharts(question.charts);
  listen();
  await follow();
  document.documentElement.dataset.ready = "true";
};

start();
