import { type Crowd, type Member, startCrowd } from "../crowd.ts";
import { type Delivery, roundTrip, sendNumbered } from "../numbered.ts";
import { memoryOf, microsAnEvent, ofEach, processesOf, watchCpu } from "../processes.ts";
import { type Distribution, distribution } from "../statistics.ts";

export interface GrowthFigures {
  /** One device and one container, among more and more rules. */
  readonly rules: readonly Step[];
  /** The same rules, more and more containers. */
  readonly containers: readonly Step[];
}

export interface Step {
  readonly containers: number;
  readonly rules: number;
  /** µs from the kernel's send to the container's listener, one event at a time: of a device that stays, that goes, that comes. */
  readonly change: Distribution;
  readonly remove: Distribution;
  readonly add: Distribution;
  readonly burst: Delivery;
  /** µs of CPU for one event of the burst, by process. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly rssMiB: Readonly<Record<string, number>>;
}

export interface GrowthSizes {
  readonly rules: readonly number[];
  readonly containers: readonly number[];
  readonly rounds: number;
  readonly burst: number;
}

/** What an event costs among more rules and more containers. */
export async function growth(
  { rules, containers, rounds, burst }: GrowthSizes,
  say: (line: string) => void,
): Promise<GrowthFigures> {
  const most = Math.max(...containers);
  const measureAt = async (crowd: Crowd, ruleCount: number) => {
    const step = await measure(crowd, ruleCount, rounds, burst);
    say(JSON.stringify(step));
    return step;
  };
  return {
    rules: await withCrowd(1, async (crowd) => {
      const steps: Step[] = [];
      for (const count of rules) {
        await crowd.useRules(count);
        steps.push(await measureAt(crowd, count));
      }
      return steps;
    }),
    containers: await withCrowd(most, async (crowd) => {
      const steps: Step[] = [];
      for (const count of containers) {
        await crowd.growTo(count);
        steps.push(await measureAt(crowd, most));
      }
      return steps;
    }),
  };
}

async function withCrowd<T>(most: number, run: (crowd: Crowd) => Promise<T>): Promise<T> {
  const crowd = await startCrowd(most);
  try {
    await crowd.growTo(1);
    await sendNumbered(crowd, WARM_UP_EVENTS);
    return await run(crowd);
  } finally {
    await crowd.close();
  }
}

async function measure(crowd: Crowd, rules: number, rounds: number, burst: number): Promise<Step> {
  const { stack, members } = crowd;
  const change: number[] = [];
  const remove: number[] = [];
  const add: number[] = [];
  for (let round = -WARM_UP; round < rounds; round += 1) {
    // In turn: a container that has just heard something may be quicker than one that has not for long.
    const member = members[(round + WARM_UP) % members.length] as Member;
    change.push(await roundTrip(member, "change"));
    remove.push(await roundTrip(member, "remove"));
    add.push(await roundTrip(member, "add"));
  }
  const processes = await processesOf(stack);
  const cpu = watchCpu(processes);
  const delivery = await sendNumbered(crowd, burst);
  return {
    containers: members.length,
    rules,
    change: distribution(change.slice(WARM_UP)),
    remove: distribution(remove.slice(WARM_UP)),
    add: distribution(add.slice(WARM_UP)),
    burst: delivery,
    cpu: microsAnEvent(cpu(), burst),
    rssMiB: ofEach(processes, (pid) => memoryOf(pid).now),
  };
}

const WARM_UP = 10;
/** Code that has run often is compiled anew; a step must not look cheaper for having come later. */
const WARM_UP_EVENTS = 2_000;
