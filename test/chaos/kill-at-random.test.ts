import { afterAll, beforeAll, test } from "@jest/globals";
import { disksForOwner } from "../support/disks-for-owner.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { type LoopRange, openLoops } from "../support/loop.ts";
import { type Random, seededRandom } from "../support/random.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { historyOf } from "./support/history.ts";

const victims = ["capture", "inventory", "policy", "devnode", "injector", "nats-server"] as const;
const SECONDS = Number(process.env.UDEVNS_CHAOS_SECONDS ?? 10);

let loops: LoopRange;
let stack: Stack;
let owner: Throwaway;
let fleet: Fleet;

beforeAll(async () => {
  loops = openLoops();
  stack = await startStack(disksForOwner(loops.glob));
  owner = await startThrowaway("owner", { userns: true });
  await stack.attach(owner);
  fleet = startFleet(owner, loops.plugLowest);
});
afterAll(async () => {
  fleet?.close();
  loops?.close();
  await owner?.stop();
  await stack?.stop();
});

test(`${SECONDS} seconds of kill -9 at random while devices come and go lose nothing and double nothing`, async () => {
  const random = seededRandom(Number(process.env.UDEVNS_TEST_SEED ?? 1));
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    for (let step = random.upTo(8); step >= 0; step -= 1) act(random);
    if (random.upTo(4) === 0) stack.kill(random.of(victims));
    await new Promise((resolve) => setTimeout(resolve, random.upTo(120)));
  }
  for (const device of [...fleet.plugged].slice(2)) fleet.unplug(device);
  await fleet.settle().catch(async (error: Error) => {
    const wrong = Object.keys(fleet.faults());
    const histories = await Promise.all(wrong.map((devpath) => historyOf(stack.bus, stack.host, devpath)));
    throw new Error([error.message, ...histories, stack.log()].join("\n"));
  });
});

function act(random: Random): void {
  const { plugged } = fleet;
  const choice = random.upTo(3);
  if (choice === 0 || plugged.length < 3) fleet.plug();
  else if (choice === 1 || plugged.length > 12) fleet.unplug(random.of(plugged));
  else fleet.change(random.of(plugged));
}
