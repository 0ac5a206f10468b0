import { cpus, release } from "node:os";
import { othersBusy } from "./busy.ts";
import { type ColdStartFigures, coldStart } from "./parts/cold-start.ts";
import { type GrowthFigures, growth } from "./parts/growth.ts";
import { type PathsFigures, paths } from "./parts/paths.ts";
import { type StormFigures, storm } from "./parts/storm.ts";
import { type TriggerFigures, trigger } from "./parts/trigger.ts";
import type { Part, Sizes } from "./sizes.ts";
import { judge, type Verdict } from "./targets.ts";

export interface Figures {
  readonly paths?: PathsFigures;
  readonly storm?: StormFigures;
  readonly trigger?: TriggerFigures;
  readonly start?: ColdStartFigures;
  readonly growth?: GrowthFigures;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  /** % of all cores that others used just before and just after. */
  readonly othersBusy: readonly [number, number];
}

export interface Report {
  readonly machine: Machine;
  readonly seconds: number;
  readonly figures: Figures;
  readonly targets: readonly Verdict[];
}

/** Runs the parts one after the other; `say` is told of each. */
export async function bench(
  only: readonly Part[],
  sizes: Sizes,
  { lxd, say }: { lxd: boolean; say(line: string): void },
): Promise<Report> {
  const busyBefore = await othersBusy();
  const begun = performance.now();
  const run = async <P extends Part, T>(part: P, measure: () => Promise<T>): Promise<{ [K in P]?: T }> => {
    if (!only.includes(part)) return {};
    const began = performance.now();
    const measured = await measure();
    // A run that is broken off has said by then what it had.
    say(`${part}, ${Math.round((performance.now() - began) / 1000)} s: ${JSON.stringify(measured)}`);
    return { [part]: measured } as { [K in P]?: T };
  };
  const figures: Figures = {
    ...(await run("paths", () => paths({ ...sizes.paths, lxd }))),
    ...(await run("start", () => coldStart(sizes.start))),
    ...(await run("storm", () => storm(sizes.storm))),
    ...(await run("trigger", () => trigger(sizes.trigger))),
    ...(await run("growth", () => growth(sizes.growth, say))),
  };
  const seconds = Math.round((performance.now() - begun) / 1000);
  const [{ model: cpu } = { model: "" }, ...others] = cpus();
  return {
    machine: {
      cpu,
      cores: others.length + 1,
      // What a distribution or a machine adds to the version says nothing of speed.
      kernel: release().replace(/-.*/, ""),
      node: process.version,
      othersBusy: [busyBefore, await othersBusy()],
    },
    seconds,
    figures,
    targets: judge(figures),
  };
}
