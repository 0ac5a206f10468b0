import { setTimeout as sleep } from "node:timers/promises";

/** Something that can be stopped and started again. */
export interface Cyclable {
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface CycleResult {
  /** Each is one stop and one start. */
  readonly cycles: number;
  readonly seconds: number;
}

/**
 * Stops and starts one after another at a steady pace, as many at once as the pace needs and never one twice at once. Where the
 * machine is too slow for the pace, the cycles come as soon as one is free.
 * @param kinds in which order the kinds take turns
 */
export async function cycleAtPace<Kind extends string>(
  members: Readonly<Record<Kind, readonly Cyclable[]>>,
  kinds: readonly Kind[],
  { perSecond, cycles }: { perSecond: number; cycles: number },
): Promise<CycleResult> {
  const idle = new Map(kinds.map((kind) => [kind, [...members[kind]]]));
  const underWay = new Set<Promise<void>>();
  const began = performance.now();
  const run = async (kind: Kind, member: Cyclable) => {
    await member.stop();
    await member.start();
    idle.get(kind)?.push(member);
  };
  const failures: unknown[] = [];
  for (let cycle = 0; cycle < cycles && failures.length === 0; cycle += 1) {
    const kind = kinds[cycle % kinds.length] as Kind;
    await sleep(Math.max(0, began + (cycle * 1_000) / perSecond - performance.now()));
    while (idle.get(kind)?.length === 0 && failures.length === 0) await Promise.race(underWay);
    const member = idle.get(kind)?.shift();
    if (member === undefined) break;
    const running = run(kind, member)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => underWay.delete(running));
    underWay.add(running);
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
  return { cycles, seconds: (performance.now() - began) / 1_000 };
}
