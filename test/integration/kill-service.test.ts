import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from "@jest/globals";
import { disksForOwner } from "../support/disks-for-owner.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { type LoopRange, openLoops } from "../support/loop.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";

let loops: LoopRange;
let stack: Stack;
let owner: Throwaway;
let fleet: Fleet;

beforeAll(async () => {
  loops = openLoops();
  stack = await startStack(disksForOwner(loops.glob));
  owner = await startThrowaway("owner", { userns: true });
  await stack.attach(owner);
});
beforeEach(() => {
  fleet = startFleet(owner, loops.plugLowest);
});
afterEach(() => fleet.close());
afterAll(async () => {
  loops?.close();
  await owner?.stop();
  await stack?.stop();
});

/** Devices that live through the kill, go during it, come during it, and come and go during it. */
async function plugAround(kill: () => void, back: () => Promise<void>): Promise<void> {
  const before = Array.from({ length: 6 }, () => fleet.plug());
  for (const disk of before.slice(0, 3)) fleet.change(disk);
  kill();
  for (const disk of before) fleet.change(disk);
  for (const disk of before.slice(0, 2)) fleet.unplug(disk);
  const during = Array.from({ length: 6 }, () => fleet.plug());
  for (const disk of during) fleet.change(disk);
  for (const disk of during.slice(0, 3)) fleet.unplug(disk);
  await back();
  for (const disk of [...fleet.plugged]) {
    fleet.change(disk);
    fleet.unplug(disk);
  }
  await fleet.settle();
}

describe("kill -9 while devices come and go: the owner hears all, once and in order, of", () => {
  test.each(["injector", "devnode", "policy", "inventory", "capture"] as const)("%s", async (role) => {
    const before = stack.status(role)?.pid;
    await plugAround(
      () => stack.kill(role),
      () => stack.restarted(role, before),
    );
  });

  test("nats-server", async () => {
    const before = stack.natsPid();
    await plugAround(
      () => stack.kill("nats-server"),
      () => until(() => ![undefined, before].includes(stack.natsPid()), "another nats-server"),
    );
  });
});
