// How numbers are written: the same rules as reports/numbers.py, which a test compares.

const GIB = 2 ** 30;
const US_PER_HOUR = 3.6e9;
const NOTHING = "–";

const grouped = (value, decimals) =>
  value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

const count = (value) => (value === null ? NOTHING : grouped(Math.round(value), 0));

const gib = (value) =>
  value === null ? NOTHING : `${value.toLocaleString("en-US", { maximumFractionDigits: 2 })} GiB`;

const hours = (value) => {
  if (value === null) return NOTHING;
  if (value === 0 || Math.abs(value) >= 0.01) return `${grouped(value, 2)} h`;
  return `${value.toFixed(1 - Math.floor(Math.log10(Math.abs(value))))} h`;
};

const coreHours = (value) => (value === null ? NOTHING : `${grouped(value, 2)} core hours`);

// Three significant digits of what is nearer, the share or its rest: 100 % is written only if exact.
const percent = (part, whole) => {
  if (!whole) return NOTHING;
  if (part === 0) return "0 %";
  if (part === whole) return "100 %";
  const share = (100 * part) / whole;
  const nearer = Math.min(Math.abs(share), Math.abs((100 * (whole - part)) / whole));
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(nearer)));
  return `${share.toFixed(Math.min(decimals, 12))} %`;
};

// A share that stands by itself: an overhead, a change.
const fraction = (value) => (value === null || value === undefined ? NOTHING : percent(value, 1));

const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

// "stage1" is Stage 1; any other name stands as it is.
const stageTitle = (name) => (/^stage[0-9]+$/.test(name) ? `Stage ${name.slice(5)}` : name);
