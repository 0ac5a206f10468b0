/** The middle half of some measurements. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Measures two ways in turn, A B A B …, so that whatever else changes with time changes for both. */
export async function interleave<K extends string>(
  rounds: number,
  ways: Readonly<Record<K, () => Promise<number>>>,
): Promise<Record<K, Spread>> {
  const names = Object.keys(ways) as K[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) for (const name of names) measured[name].push(await ways[name]());
  return Object.fromEntries(names.map((name) => [name, spread(measured[name])])) as Record<K, Spread>;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN;
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

export const show = ({ low, median, high }: Spread, unit: string): string =>
  `${median.toPrecision(3)} ${unit} (middle half ${low.toPrecision(3)}–${high.toPrecision(3)})`;
