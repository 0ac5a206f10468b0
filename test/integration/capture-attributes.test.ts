import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";

let stack: Stack;
let container: Throwaway;

beforeAll(async () => {
  stack = await startStack("version: 1\nrules: []\n");
  container = await startThrowaway("owner", { userns: true });
  await stack.attach(container);
});
afterAll(async () => {
  await container?.stop();
  await stack?.stop();
});

test("an attribute that a new rule asks for is read, also of devices that are there already", async () => {
  const zram = plugZram();
  try {
    // initstate is in no table of capture's; a fresh disk has 0 in it.
    stack.writePolicy(`version: 1
rules:
  - name: fresh disks
    match: { udev: 'KERNEL=="${zram.name}", ATTR{initstate}=="0"' }
    give: { container: owner }
`);
    expect((await stack.command("policy", "apply", stack.env.UDEVNS_POLICY as string)).code).toBe(0);
    await until(async () => (await container.run(`test -b /dev/${zram.name}`)).code === 0, "the disk in its container");
  } finally {
    zram.unplug();
  }
});
