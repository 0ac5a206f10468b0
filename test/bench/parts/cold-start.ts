import { startStack } from "../../support/stack.ts";
import { memoryOf, ofEach, processesOf, watchCpu } from "../processes.ts";
import { type Distribution, distribution } from "../statistics.ts";

export interface ColdStartFigures {
  /** ms from the spawn of `udevns up`, with empty directories, until every service has said that it is ready. */
  readonly readyMs: Distribution;
  /** % of one core, by process, while nothing happens. */
  readonly idle: { readonly seconds: number; readonly cpuPercent: Readonly<Record<string, number>> };
  readonly rssMiB: Readonly<Record<string, number>>;
}

const POLICY = "version: 1\nrules: []\n";
export async function coldStart({
  starts,
  calmSeconds,
  idleSeconds,
}: {
  starts: number;
  /** What a start leaves to do is over by then: V8 gives memory back some eight seconds behind it, in three collections. */
  calmSeconds: number;
  idleSeconds: number;
}): Promise<ColdStartFigures> {
  const times: number[] = [];
  for (;;) {
    const begun = performance.now();
    const stack = await startStack(POLICY, { env: { UDEVNS_LOG_LEVEL: "warn" } });
    times.push(performance.now() - begun);
    try {
      if (times.length < starts) continue;
      await pause(calmSeconds * 1000);
      const processes = await processesOf(stack);
      const cpu = watchCpu(processes);
      await pause(idleSeconds * 1000);
      const percent = Object.entries(cpu()).map(([name, { all }]) => [name, round(all / idleSeconds / 10)] as const);
      return {
        readyMs: distribution(times),
        idle: { seconds: idleSeconds, cpuPercent: Object.fromEntries(percent) },
        rssMiB: ofEach(processes, (pid) => memoryOf(pid).now),
      };
    } finally {
      await stack.stop();
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const round = (percent: number): number => Math.round(percent * 100) / 100;
