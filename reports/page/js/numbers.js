// How numbers are written: the same rules as reports/numbers.py, which a test compares; and how a
// column of them is written, with the same decimals in every row.

export const GIB = 2 ** 30;
export const US_PER_HOUR = 3.6e9;
export const NOTHING = "–";

// As Python writes it: what lies exactly between two goes to the even one.
const TAIL = 30;
const MOST_DIGITS = 60;
const HALF = 50;

export const fixed = (value, wanted) => {
  const digits = Math.min(wanted, MOST_DIGITS);
  const exact = value.toFixed(digits + TAIL);
  const cut = exact.slice(0, -TAIL).replace(/\.$/, "");
  const isTie = /^50*$/.test(exact.slice(-TAIL));
  return isTie && "02468".includes(cut.at(-1)) ? cut : value.toFixed(digits);
};

export const grouped = (value, digits) => fixed(value, digits).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");

export const count = (value) => (value === null ? NOTHING : grouped(Math.round(value), 0));

export const gib = (value) =>
  value === null ? NOTHING : `${grouped(value, 2).replace(/\.?0+$/, "")} GiB`;

const decimalsOf = (value, digits) => Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));

const TIME_UNITS = [["h", 1], ["min", 60], ["s", 3600]];

// A time in hours that stands alone, in the largest unit of which it is one at least.
export const duration = (value) => {
  if (value === null) return NOTHING;
  const found = TIME_UNITS.find(([, perHour]) => value === 0 || value * perHour >= 1);
  if (found) return `${grouped(value * found[1], 2)} ${found[0]}`;
  return `${fixed(3600 * value, decimalsOf(3600 * value, 2))} s`;
};

// A number whose decimals mean less the larger it is: two below 100, one below 1000, none from there on.
const QUANTITY_STEPS = [100, 1000];
export const quantity = (value) => grouped(value, QUANTITY_STEPS.filter((step) => Math.abs(value) < step).length);

export const coreHours = (value) => (value === null ? NOTHING : `${quantity(value)} core hours`);
export const coreHoursInColumn = (value) => (value === null ? NOTHING : `${grouped(value, 2)} core hours`);

// Two significant digits, and of what is nearly all one digit of its rest: 100 % is written only if exact.
export const percent = (part, whole) => {
  if (!whole) return NOTHING;
  if (part === 0) return "0 %";
  if (part === whole) return "100 %";
  const share = 100 * (part / whole);
  if (Math.abs(share) <= HALF) return `${fixed(share, Math.min(decimalsOf(share, 2), 12))} %`;
  const text = fixed(share, share === 100 ? 2 : Math.min(decimalsOf(100 - share, 1), 2));
  return part / whole < 1 && Number(text) >= 100 ? "> 99.99 %" : `${text} %`;
};

export const decimals = (value, digits) => (value === null ? NOTHING : grouped(value, digits));

// A share that stands by itself: an overhead, a change.
export const fraction = (value) => (value === null || value === undefined ? NOTHING : percent(value, 1));

// A difference says its sign.
export const signed = (text, value) => (value > 0 ? `+${text}` : text.replace("-", "\u2212"));
export const changeText = (value) => (value === null ? NOTHING : signed(fraction(value), value));

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

// "stage1" and "stage_1" are Stage 1; any other name stands as it is, as in reports/subjects.py.
export const stageTitle = (name) => name.replace(/^stage[_-]?([0-9]+)$/, "Stage $1");

// In a column: what is not zero is not written as zero, what is not all is not written as all.

const atLeast = (value, digits) => {
  const text = grouped(value, digits);
  return value !== 0 && Number(text.replaceAll(",", "")) === 0 ? `< ${fixed(10 ** -digits, digits)}` : text;
};

const SHARE_DIGITS = 2;

export const shareInColumn = (value) => {
  if (value === null || value === undefined) return NOTHING;
  const text = atLeast(100 * value, SHARE_DIGITS);
  const all = fixed(100, SHARE_DIGITS);
  return text === all && value < 1 ? `> ${fixed(100 - 10 ** -SHARE_DIGITS, SHARE_DIGITS)} %` : `${text} %`;
};

export const changeInColumn = (value) =>
  value === null || value === undefined ? NOTHING : signed(`${grouped(100 * value, 1)} %`, value);

// One unit of time for a column: hours, or less where no value reaches an hour.
export const timeUnit = (hoursOfRows) => {
  const largest = hoursOfRows.reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
  const [name, perHour] = TIME_UNITS.find(([, per]) => largest * per >= 1) ?? (largest > 0 ? TIME_UNITS.at(-1) : TIME_UNITS[0]);
  return { name, write: (value) => (value === null || value === undefined ? NOTHING : atLeast(value * perHour, 2)) };
};

// Memory with as many decimals as the row that needs most, two at most.
export const gibUnit = (values) => {
  const digits = values.reduce((most, value) => Math.max(most, [0, 1, 2].find((one) => value === null || Number(value.toFixed(one)) === value) ?? 2), 0);
  return (value) => (value === null || value === undefined ? NOTHING : `${grouped(value, digits)} GiB`);
};
