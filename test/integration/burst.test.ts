import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openPidfd, openUeventMonitor, type Pidfd, type UeventMonitor } from "@udevns/native";
import { parseUevent } from "@udevns/uevent";
import { disksForOwner } from "../support/disks-for-owner.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { pokeUevent } from "../support/synthetic.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

const EVENTS = 2_000;
/** net.core.rmem_default is what a listener in a user namespace is left with; setting half of it gives the same, socket(7). */
const DEFAULT_BUFFER = 212_992 / 2;

let stack: Stack;
let owner: Throwaway;
let zram: Zram;
let pidfd: Pidfd;
let monitor: UeventMonitor;
const numbers: number[] = [];
let lost = 0;

beforeAll(async () => {
  stack = await startStack(disksForOwner("zram*"));
  owner = await startThrowaway("owner", { userns: true });
  await stack.attach(owner);
  pidfd = openPidfd(owner.pid);
  monitor = openUeventMonitor(
    { groups: ["kernel"], pidfd, receiveBufferBytes: DEFAULT_BUFFER },
    {
      onEvents: (batch) => {
        for (const { payload } of batch) {
          const { devpath, properties } = parseUevent(payload);
          if (devpath === zram.devpath && properties.SYNTH_ARG_N !== undefined)
            numbers.push(Number(properties.SYNTH_ARG_N));
        }
      },
      onOverflow: (_, count) => {
        lost += count;
      },
      onError: (error) => {
        throw error;
      },
    },
  );
  zram = plugZram();
});
afterAll(async () => {
  zram?.unplug();
  monitor?.close();
  pidfd?.close();
  await owner?.stop();
  await stack?.stop();
});

test("of a burst of 2,000 events a listener with a default buffer loses none and hears all in order", async () => {
  expect(monitor.stats().receiveBufferBytes).toBe(212_992);
  for (let number = 0; number < EVENTS; number += 1) pokeUevent(zram.devpath, number);
  await until(() => numbers.length >= EVENTS || lost > 0, "2,000 events").catch(() => undefined);
  expect(lost).toBe(0);
  expect(numbers).toEqual(Array.from({ length: EVENTS }, (_, number) => number));
});
