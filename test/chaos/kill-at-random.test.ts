import { afterAll, beforeAll, test } from "@jest/globals";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { type Random, seededRandom } from "../support/random.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";

const POLICY = `version: 1
rules:
  - name: compressed disks
    match: { subsystem: block, devname: "zram*" }
    give: { container: owner, share: true }
`;
const victims = ["capture", "inventory", "policy", "devnode", "injector", "nats-server"] as const;
const SECONDS = 20;

let stack: Stack;
let owner: Throwaway;
let fleet: Fleet;

beforeAll(async () => {
  stack = await startStack(POLICY);
  owner = await startThrowaway("owner", { userns: true });
  await stack.attach(owner);
  fleet = startFleet(owner);
}, 60_000);
afterAll(async () => {
  fleet?.close();
  await owner?.stop();
  await stack?.stop();
}, 60_000);

test("20 seconds of kill -9 at random while devices come and go lose nothing and double nothing", async () => {
  const random = seededRandom(Number(process.env.UDEVNS_TEST_SEED ?? 1));
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    for (let step = random.upTo(8); step >= 0; step -= 1) act(random);
    if (random.upTo(4) === 0) stack.kill(random.of(victims));
    await new Promise((resolve) => setTimeout(resolve, random.upTo(120)));
  }
  for (const zram of [...fleet.plugged].slice(2)) fleet.unplug(zram);
  await fleet.settle(30_000).catch((error: Error) => {
    throw new Error(`${error.message}\n${stack.log()}`);
  });
}, 120_000);

function act(random: Random): void {
  const { plugged } = fleet;
  const choice = random.upTo(3);
  if (choice === 0 || plugged.length < 3) fleet.plug();
  else if (choice === 1 || plugged.length > 12) fleet.unplug(random.of(plugged));
  else fleet.change(random.of(plugged));
}
