/** Random numbers that come again with the same seed (mulberry32). */
export interface Random {
  /** A whole number from 0 to `most`, both included. */
  upTo(most: number): number;
  of<T>(choices: readonly T[]): T;
}

export function seededRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (most: number) => Math.floor(next() * (most + 1));
  return { upTo, of: (choices) => choices[upTo(choices.length - 1)]! };
}
