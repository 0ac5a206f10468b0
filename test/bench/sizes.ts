import type { GrowthSizes } from "./parts/growth.ts";

/** How much each part does. */
export interface Sizes {
  readonly paths: { readonly rounds: number; readonly burst: number };
  readonly storm: { readonly containers: number; readonly events: number };
  readonly trigger: { readonly devices: number };
  readonly start: { readonly starts: number; readonly calmSeconds: number; readonly idleSeconds: number };
  readonly growth: GrowthSizes;
}

export type Part = keyof Sizes;

export const full: Sizes = {
  paths: { rounds: 500, burst: 2_000 },
  storm: { containers: 100, events: 10_000 },
  trigger: { devices: 2_000 },
  start: { starts: 3, calmSeconds: 20, idleSeconds: 30 },
  growth: { rules: [10, 1_000, 10_000], containers: [1, 10, 100, 500], rounds: 40, burst: 1_000 },
};

/** To try the benchmark itself; the figures mean nothing. */
export const small: Sizes = {
  paths: { rounds: 20, burst: 200 },
  storm: { containers: 5, events: 500 },
  trigger: { devices: 500 },
  start: { starts: 1, calmSeconds: 1, idleSeconds: 3 },
  growth: { rules: [10, 100], containers: [1, 5], rounds: 10, burst: 200 },
};

export const parts = Object.keys(full) as Part[];
