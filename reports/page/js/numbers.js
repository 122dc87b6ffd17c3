// How numbers are written: the same rules as reports/numbers.py, which a test compares.

const GIB = 2 ** 30;
const US_PER_HOUR = 3.6e9;
const NOTHING = "–";

// As Python writes it: what lies exactly between two goes to the even one.
const TAIL = 30;

const fixed = (value, digits) => {
  const exact = value.toFixed(digits + TAIL);
  const cut = exact.slice(0, -TAIL).replace(/\.$/, "");
  const isTie = /^50*$/.test(exact.slice(-TAIL));
  return isTie && "02468".includes(cut.at(-1)) ? cut : value.toFixed(digits);
};

const grouped = (value, digits) => fixed(value, digits).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");

const count = (value) => (value === null ? NOTHING : grouped(Math.round(value), 0));

const gib = (value) =>
  value === null ? NOTHING : `${grouped(value, 2).replace(/\.?0+$/, "")} GiB`;

const hours = (value) => {
  if (value === null) return NOTHING;
  if (value === 0 || Math.abs(value) >= 0.01) return `${grouped(value, 2)} h`;
  return `${fixed(value, 1 - Math.floor(Math.log10(Math.abs(value))))} h`;
};

const coreHours = (value) => (value === null ? NOTHING : `${grouped(value, 2)} core hours`);

// Three significant digits of what is nearer, the share or its rest: 100 % is written only if exact.
const percent = (part, whole) => {
  if (!whole) return NOTHING;
  if (part === 0) return "0 %";
  if (part === whole) return "100 %";
  const share = 100 * (part / whole);
  const nearer = Math.min(Math.abs(share), Math.abs(100 - share));
  const digits = nearer > 0 ? Math.max(0, 2 - Math.floor(Math.log10(nearer))) : 0;
  return `${fixed(share, Math.min(digits, 12))} %`;
};

const decimals = (value, digits) => (value === null ? NOTHING : grouped(value, digits));

// A share that stands by itself: an overhead, a change.
const fraction = (value) => (value === null || value === undefined ? NOTHING : percent(value, 1));

// A difference says its sign.
const signed = (text, value) => (value > 0 ? `+${text}` : text.replace("-", "\u2212"));
const changeText = (value) => (value === null ? NOTHING : signed(fraction(value), value));

const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

// "stage1" is Stage 1; any other name stands as it is.
const stageTitle = (name) => (/^stage[0-9]+$/.test(name) ? `Stage ${name.slice(5)}` : name);
