import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import { device } from "../../services/devnode/test/support/builders.ts";
import type { Throwaway } from "../support/throwaway.ts";
import { lookAt, startSpecial } from "./support/containers.ts";
import { openWorkbench, targetFor, ZERO, zeroAt } from "./support/workbench.ts";

// KSPP/linux#195: a minor number is free again the moment its device is gone, and the next device, of whomever, gets it.

const bench = openWorkbench();
let container: Throwaway;
beforeEach(async () => {
  container = await startSpecial({ userns: false });
});
afterEach(() => container.stop());
afterAll(() => bench.close());

test.each([
  ["is another device's by now", { type: "c", major: 1, minor: 5 }],
  ["is nobody's any more", { type: "c", major: 1, minor: 2 }],
  ["is of the other type", { type: "b", major: 1, minor: 5 }],
] as const)("an order that comes late gives no number that %s", async (_, devnum) => {
  const gone = device("/devices/virtual/mem/gone", { subsystem: "mem", devnum });
  expect(await bench.give(targetFor(container), zeroAt("ours", { devnum }), { device: gone })).toBe("done");
  expect(await lookAt(container, "/dev/ours")).toBe("");
});

test("once the device is there the same order gives it", async () => {
  const target = targetFor(container);
  const gone = { ...ZERO, devpath: "/devices/virtual/mem/gone" };
  await bench.give(target, zeroAt("ours"), { device: gone });
  expect(await bench.give(target, zeroAt("ours"))).toBe("done");
  expect(await lookAt(container, "/dev/ours")).toBe("character special file 1:5");
});
