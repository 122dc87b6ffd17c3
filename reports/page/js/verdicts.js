// Verdicts of comparisons and slopes, as tables show them.

const UNMATCHED = "not matched";

export const verdictText = (verdict) => (verdict === null ? UNMATCHED : verdict.replaceAll("_", " "));

export const verdictColumn = (key, title, hint) => ({
  key, title, hint, isText: true,
  value: (row) => verdictText(row[key]),
  text: (row) => verdictText(row[key]),
  tone: (row) => `verdict ${row[key] === null ? "none" : row[key].split("_")[0]}`,
});
