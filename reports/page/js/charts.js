// Drawing: what a chart is of now, embedded by the Vega that all charts share, with its legend.
// Each question gives its charts; nothing here knows them.

import { chartConfig, look } from "./colours.js";
import { embedded } from "./data.js";
import { fileStem, save, saveCsv } from "./downloads.js";
import { byId, element } from "./elements.js";
import { gib } from "./numbers.js";
import { memoryGib, subject } from "./selection.js";

export const options = {
  curve: "curve_fit", measure: "quanta", axis: "_log", allTasks: false, taskPart: 0,
  sizing: "sizing_overhead", curves: "stages", changes: "changes_memory", allChanges: false,
  running: "running_memory",
};

// By the ID of a section: what it draws, what was drawn, the labels that are picked in its legend.
const drawings = new Map();
const views = new Map();
const chosen = new Map();

// A drawing gives {spec, rows, datasets (further ones by name), signals, height, colours, shapes, title, note, gaps, alt, empty}.
export const addCharts = (charts) => {
  for (const [name, drawing] of Object.entries(charts)) drawings.set(name, drawing);
};

const chosenOf = (name) => chosen.get(name) ?? [];

const tooltip = byId("tooltip");

const showTooltip = (_handler, event, _item, value) => {
  if (value === null || value === undefined || typeof value !== "object") {
    tooltip.hidden = true;
    return;
  }
  const rows = Object.entries(value).map(([key, text]) =>
    element("div", {}, element("span", {}, key), element("b", {}, String(text))),
  );
  tooltip.replaceChildren(...rows);
  tooltip.hidden = false;
  const left = Math.min(event.clientX + 14, window.innerWidth - tooltip.offsetWidth - 8);
  const above = event.clientY + 18 + tooltip.offsetHeight > window.innerHeight;
  tooltip.style.left = `${Math.max(4, left)}px`;
  tooltip.style.top = `${above ? event.clientY - tooltip.offsetHeight - 12 : event.clientY + 18}px`;
};

const prepared = (name, drawing) => {
  const spec = structuredClone(embedded.specs[drawing.spec]);
  const signals = new Map(Object.entries({ memory_gib: memoryGib(), chosen: chosenOf(name), ...drawing.signals }));
  for (const parameter of spec.params ?? []) {
    if (signals.has(parameter.name)) parameter.value = signals.get(parameter.name);
  }
  if (drawing.height) spec.height = drawing.height;
  spec.datasets = { ...spec.datasets, ...drawing.datasets, rows: drawing.rows };
  return spec;
};

const embed = (target, spec, config) =>
  window.vegaEmbed(target, spec, {
    actions: false, ast: true, config, defaultStyle: false, renderer: "svg", tooltip: showTooltip,
  });

export const draw = async (name) => {
  const section = byId(name);
  const plot = section.querySelector(".plot");
  const drawing = drawings.get(name)();
  drawLegend(name, section, drawing);
  section.querySelector(".note").textContent = [drawing.note, ...drawing.gaps].join(" ");
  // Only the newest drawing may appear when several were asked for.
  const ticket = (views.get(name)?.ticket ?? 0) + 1;
  const view = { ...views.get(name), ticket, drawing };
  views.set(name, view);
  // A chart of nothing cannot be saved.
  for (const button of section.querySelectorAll("[data-download]")) button.disabled = !drawing.rows.length;
  if (!drawing.rows.length) {
    view.view?.finalize();
    view.view = undefined;
    plot.replaceChildren(element("p", { class: "empty" }, drawing.empty ?? "Nothing was measured in this selection."));
    return;
  }
  const config = chartConfig();
  const isNarrow = plot.clientWidth < 560;
  if (isNarrow) Object.assign(config.axis, { labelFontSize: 10, titleFontSize: 11, labelLimit: 120 });
  const room = element("div");
  plot.replaceChildren(room);
  const result = await embed(room, prepared(name, drawing), config);
  if (views.get(name).ticket !== ticket) {
    result.finalize();
    return;
  }
  view.view?.finalize();
  view.view = result;
  room.setAttribute("role", "img");
  room.setAttribute("aria-label", `${drawing.title}. ${drawing.alt}`);
};

export const drawAll = () => Promise.all([...drawings.keys()].map(draw));

const signal = (name, key, value) => views.get(name)?.view?.view.signal(key, value).runAsync();

// The slider moved: its line follows in every chart, and those are drawn anew whose axis ends elsewhere.
export const moveLines = () => {
  for (const name of drawings.keys()) {
    signal(name, "memory_gib", memoryGib());
    const { follows, signals } = views.get(name)?.drawing ?? {};
    if (follows && follows() !== signals.x_max) draw(name);
  }
};

const SVG = "http://www.w3.org/2000/svg";

// A patch of the colour, or a point of the shape that the chart draws.
const swatch = (colour, shape) => {
  if (!shape) {
    const patch = element("i", { "aria-hidden": "true" });
    patch.style.background = colour;
    return patch;
  }
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "-1.3 -1.3 2.6 2.6");
  drawn.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", shape);
  path.setAttribute("fill", colour);
  drawn.append(path);
  return drawn;
};

const drawLegend = (name, section, drawing) => {
  const legend = section.querySelector(".legend");
  if (!legend) return;
  const colours = drawing.colours ?? new Map();
  chosen.set(name, chosenOf(name).filter((label) => colours.has(label)));
  legend.replaceChildren(
    ...[...colours].map(([label, colour]) => {
      const button = element("button", { type: "button", "aria-pressed": String(chosenOf(name).includes(label)) }, swatch(colour, drawing.shapes?.get(label)), label);
      button.addEventListener("click", () => {
        const is = chosenOf(name).includes(label);
        chosen.set(name, is ? chosenOf(name).filter((other) => other !== label) : [...chosenOf(name), label]);
        button.setAttribute("aria-pressed", String(!is));
        signal(name, "chosen", chosenOf(name));
      });
      return button;
    }),
  );
};

// What is drawn on paper is drawn in the light colours.
const onPaper = (make) => {
  const wasDark = look.isDark;
  look.isDark = false;
  try {
    return make();
  } finally {
    look.isDark = wasDark;
  }
};

// The file is drawn anew: at the width of a page, with title, legend and notes.
export const saveSvg = async (name) => {
  const [drawing, config] = onPaper(() => [drawings.get(name)(), chartConfig()]);
  const spec = prepared(name, drawing);
  Object.assign(spec, {
    width: 860,
    background: "white",
    padding: 12,
    title: {
      text: `${drawing.title}: ${subject()}`,
      subtitle: [...drawing.gaps, `Line at ${gib(memoryGib())} per core. ${byId("about").textContent}`],
      anchor: "start",
      frame: "group",
    },
  });
  for (const layer of drawing.colours ? spec.layer : []) {
    for (const channel of ["fill", "stroke"]) {
      if (layer.encoding?.[channel]?.field !== "colour") continue;
      layer.encoding[channel] = {
        field: "label",
        type: "nominal",
        scale: { domain: [...drawing.colours.keys()], range: [...drawing.colours.values()] },
        legend: { orient: "bottom", columns: 3, symbolType: "square", symbolSize: 100, title: null, labelLimit: 0 },
      };
    }
  }
  const room = element("div", { class: "offstage", "aria-hidden": "true" });
  document.body.append(room);
  const result = await embed(room, spec, config);
  save(`${fileStem(name)}.svg`, "image/svg+xml", await result.view.toSVG());
  result.finalize();
  room.remove();
};

const LOOKS = ["colour", "shape", "total_text", "part", "axis_position"];

export const saveChartCsv = (name) => {
  const { rows } = drawings.get(name)();
  const names = Object.keys(rows[0] ?? {}).filter((key) => !LOOKS.includes(key));
  saveCsv(fileStem(name), names.map((key) => [key, (row) => row[key]]), rows);
};
