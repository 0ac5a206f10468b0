import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type Stack, startStack } from "../../support/stack.ts";
import type { Zram } from "../../support/zram.ts";
import { countDifferences, freshScan } from "../fresh-scan.ts";
import { memoryOf, microsAnEvent, ofEach, processesOf, watchCpu } from "../processes.ts";
import { devicesInBucket, settled } from "../settled.ts";
import { plugZrams, unplugZrams } from "../zrams.ts";

export interface TriggerFigures {
  readonly devices: number;
  /** How many of each subsystem. */
  readonly tree: Readonly<Record<string, number>>;
  /** Devices plugged in one after the other as fast as the kernel makes them. */
  readonly plug: Settling;
  /** Every `uevent` file written. */
  readonly trigger: Settling;
  /** µs of CPU for one event of the trigger, by process. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly rssMiB: Readonly<Record<string, number>>;
}

interface Settling {
  readonly events: number;
  /** Time that it took to have the kernel say it all. */
  readonly sayMs: number;
  /** From before the first until the bucket has it all. */
  readonly settledMs: number;
  /** Devices of which the bucket and a fresh scan say different things, before and then. */
  readonly differedBefore: number;
  readonly differAfter: number;
}

const POLICY = "version: 1\nrules: []\n";
/** zram makes a disk and its backing device information. */
const DEVICES_A_ZRAM = 2;
/** One that is on every host. */
const ANY_DEVICE = "/devices/virtual/mem/null";
const ATTEMPTS = 5;

/** `udevadm trigger` on a large tree: what is known of each device must follow what has changed of it without a word. */
export async function trigger({ devices }: { devices: number }): Promise<TriggerFigures> {
  const stack = await startStack(POLICY, { env: { UDEVNS_LOG_LEVEL: "warn" } });
  const zrams: Zram[] = [];
  try {
    const more = Math.max(1, Math.ceil((devices - freshScan().length) / DEVICES_A_ZRAM));
    const plug = await settle(stack, () => {
      zrams.push(...plugZrams(more));
      return more * DEVICES_A_ZRAM;
    });
    // The kernel says nothing of this, so that only the trigger can bring it to light.
    execFileSync("blockdev", ["--setro", ...zrams.map(({ name }) => `/dev/${name}`)]);
    const tree = freshScan();
    const processes = await processesOf(stack);
    const cpu = watchCpu(processes);
    const triggered = await settle(stack, () => {
      for (const { devpath } of tree) writeFileSync(`/sys${devpath}/uevent`, "change");
      return tree.length;
    });
    return {
      devices: tree.length,
      tree: countBy(tree.map(({ subsystem }) => subsystem)),
      plug,
      trigger: triggered,
      cpu: microsAnEvent(cpu(), tree.length),
      rssMiB: ofEach(processes, (pid) => memoryOf(pid).now),
    };
  } finally {
    await stack.stop();
    unplugZrams(zrams);
  }
}

async function settle(stack: Stack, say: () => number): Promise<Settling> {
  await settled(stack, ANY_DEVICE);
  const before = await devicesInBucket(stack);
  const begun = performance.now();
  const events = say();
  const sayMs = performance.now() - begun;
  const differedBefore = countDifferences(before, freshScan());
  for (let attempt = 1; ; attempt += 1) {
    await settled(stack, ANY_DEVICE);
    const settledMs = Math.round(performance.now() - begun);
    const differAfter = countDifferences(await devicesInBucket(stack), freshScan());
    // Others may plug and unplug on this host while we look.
    if (differAfter === 0 || attempt === ATTEMPTS)
      return { events, sayMs: Math.round(sayMs), settledMs, differedBefore, differAfter };
  }
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}
