import { expect, test } from "@jest/globals";
import { container, decider, hear, held, inWords, order, ordersOf, policy, usbTo } from "./support/host.ts";
import { event, PARTITION, plug } from "./support/stick.ts";

const start = () => {
  const host = decider(policy(usbTo("web")), container("web"));
  hear(host, plug(100));
  host.checkpoint();
  return host;
};
const first = event("add", "/devices/virtual/mem/null", "mem", 1, { boot: "b1" });

test("the first event of another boot takes what was given before, whatever it is about", () => {
  const host = start();
  const reactions = hear(host, [first]);
  expect(inWords(reactions).sort()).toEqual(["take web 1-1", "take web 1-1:1.0", "take web sda", "take web sda1"]);
  expect(ordersOf(reactions).map(({ boot }) => boot)).toEqual(["b1", "b1", "b1", "b1"]);
  expect(held(host)).toEqual([]);
  expect(Array.from(host.devices.all(), ({ devpath }) => devpath)).toEqual([first.devpath]);
});

test("the checkpoint forgets the old devices", () => {
  const host = start();
  hear(host, [first]);
  const { devices, grants } = host.checkpoint();
  expect(devices.has(PARTITION) && devices.get(PARTITION)).toBeUndefined();
  expect(devices.size).toBe(5);
  expect(Array.from(grants.values(), ({ gone }) => gone)).toEqual([true, true, true, true]);
});

test("what is there again is given anew, though its numbers are smaller", () => {
  const host = start();
  const reactions = hear(host, plug(1, { boot: "b1" }));
  expect(inWords(reactions).slice(4)).toEqual(["give web 1-1", "give web 1-1:1.0", "give web sda", "give web sda1"]);
  expect(order("give", reactions).device.boot).toBe("b1");
});

test("a checkpoint of before the boot is left by the first event too", () => {
  const earlier = start();
  const next = decider(policy(usbTo("web")), container("web"));
  for (const device of earlier.devices.all()) next.load({ device });
  for (const grant of earlier.grants.all()) next.load({ grant });
  expect(inWords(hear(next, [first]))).toHaveLength(4);
});
