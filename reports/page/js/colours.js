// One meaning, one colour, in the figures of the report and here: Python chose them for both looks.

import { campaignNames, embedded, stageNames } from "./data.js";

export const look = { isDark: false };

const palette = () => embedded.colours[look.isDark ? "dark" : "light"];
const around = (colours, place) => colours[place % colours.length];

export const chartConfig = () => structuredClone(embedded.configs[look.isDark ? "dark" : "light"]);
export const paperColour = () => palette().paper;
export const inkColour = () => palette().ink;

export const taskColour = (rank) => palette().tasks[rank - 1] ?? palette().other;
export const otherColour = () => palette().other;
export const stageColour = (name) => around(palette().stages, stageNames.indexOf(name));
export const campaignColour = (name) => palette().campaigns[campaignNames.indexOf(name)];
export const campaignShape = (name) => embedded.colours.shapes[campaignNames.indexOf(name)];

// [verdict, colour], the worst first.
export const verdictColours = () => palette().verdicts;
export const verdictColour = (verdict) => new Map(palette().verdicts).get(verdict);
