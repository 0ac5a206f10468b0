/** The few shapes that our plots are made of. */
export const svg = (width: number, height: number, title: string, body: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
  `font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">\n` +
  `<rect width="${width}" height="${height}" fill="#fff"/>\n${body.join("\n")}\n</svg>\n`;

export const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, width = 1): string =>
  `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${stroke}" stroke-width="${width}"/>`;

export const polyline = (points: readonly (readonly [number, number])[], stroke: string, dashed: boolean): string =>
  `<polyline points="${points.map(([x, y]) => `${at(x)},${at(y)}`).join(" ")}" fill="none" stroke="${stroke}" ` +
  `stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ""}/>`;

export const dot = (x: number, y: number, fill: string): string =>
  `<circle cx="${at(x)}" cy="${at(y)}" r="4" fill="${fill}"/>`;

export const text = (x: number, y: number, words: string, anchor: "start" | "middle" | "end" = "start"): string =>
  `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" fill="#222">${escaped(words)}</text>`;

/** Where a value lies between `from` and `to` on a logarithmic axis from `least` to `most`. */
export const logScale =
  ([least, most]: readonly [number, number], [from, to]: readonly [number, number]) =>
  (value: number): number =>
    from + ((Math.log10(value) - Math.log10(least)) / (Math.log10(most) - Math.log10(least))) * (to - from);

/** Powers of ten that a logarithmic axis of these values needs. */
export function decades(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

export const colours = ["#1b6ca8", "#c2571a", "#3a7d44", "#7b4fa3"] as const;
export const GRID = "#ddd";

const at = (number: number): string => String(Math.round(number * 10) / 10);
const escaped = (words: string): string => words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
