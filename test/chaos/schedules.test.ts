import { afterAll, afterEach, beforeEach, test } from "@jest/globals";
import { Host } from "./rig/host.ts";
import { playSchedule, scheduleOf } from "./rig/play-schedule.ts";

const COUNT = Number(process.env.UDEVNS_CHAOS_SCHEDULES ?? 6);
const FIRST = Number(process.env.UDEVNS_TEST_SEED ?? 1);
const seeds = Array.from({ length: COUNT }, (_, index) => FIRST + index);

/** One for all schedules, until one of them has left it in a state that nobody knows. */
let host: Host | undefined;
let isSpoilt = false;

beforeEach(async () => {
  host ??= await Host.start();
}, 60_000);
afterEach(async () => {
  if (!isSpoilt) return await host?.clear();
  await host?.stop();
  host = undefined;
  isSpoilt = false;
}, 60_000);
afterAll(() => host?.stop(), 60_000);

test.each(seeds)(
  "schedule %i",
  async (seed) => {
    isSpoilt = true;
    await playSchedule(host as Host, scheduleOf(seed));
    isSpoilt = false;
  },
  300_000,
);
