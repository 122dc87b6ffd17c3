// Where axes end and are labelled.

// 1, 2 and 5 of each decade, or decades alone if they are many. Both ends are above zero.
const logTicks = (low, high) => {
  const digits = Math.log10(high / low) > 4 ? [1] : [1, 2, 5];
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const powers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return powers
    .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
    .filter((value) => value >= low && value <= high);
};

const DEFAULT_ENDS = [1, 10];

// Ends and labels of a logarithmic axis around some values, with room at both ends. What a logarithm
// does not have (zero, less, infinity, nothing) is left out, so that an axis always has two ends.
export const logAxis = (values, { below = 1, above = 1, least = Infinity, most = 0 } = {}) => {
  let [low, high] = [least, most];
  for (const value of values) {
    if (!(value > 0 && value < Infinity)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(low > 0 && low <= high && high < Infinity)) [low, high] = DEFAULT_ENDS;
  const ends = [low * below, high * above];
  // One value alone still has a decade around it.
  const [first, last] = ends[1] > ends[0] * 1.01 ? ends : [low / 3, low * 3];
  return { low: first, high: last, ticks: logTicks(first, last) };
};
