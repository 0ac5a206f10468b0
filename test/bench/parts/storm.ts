import { startCrowd } from "../crowd.ts";
import { type Delivery, sendNumbered } from "../numbered.ts";
import { memoryOf, microsAnEvent, ofEach, processesOf, watchCpu, watchPeaks } from "../processes.ts";

export interface StormFigures extends Delivery {
  readonly containers: number;
  /** µs of CPU for one event, by process. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Highest resident memory, MiB. */
  readonly peakMiB: Readonly<Record<string, number>>;
  /** What the services have counted of overflows, drops and stuck listeners; nothing when all went well. */
  readonly trouble: Readonly<Record<string, number>>;
}

/** As many events as fast as the kernel sends them, each for one of many containers. */
export async function storm({ containers, events }: { containers: number; events: number }): Promise<StormFigures> {
  const crowd = await startCrowd(containers);
  try {
    await crowd.growTo(containers);
    const processes = await processesOf(crowd.stack);
    watchPeaks(processes);
    const cpu = watchCpu(processes);
    const delivery = await sendNumbered(crowd, events);
    return {
      containers,
      ...delivery,
      cpu: microsAnEvent(cpu(), events),
      peakMiB: ofEach(processes, (pid) => memoryOf(pid).peak),
      trouble: await crowd.trouble(),
    };
  } finally {
    await crowd.close();
  }
}
