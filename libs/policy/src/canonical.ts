/** The same for values that mean the same: keys sorted, so that their order in a file does not count; that of lists does. */
export const canonical = (value: unknown): string => JSON.stringify(sorted(value)) ?? "undefined";

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
