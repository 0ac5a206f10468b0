import { expect, test } from "@jest/globals";
import { container, decider, hear, inWords, order, policy, usbTo } from "./support/host.ts";
import { plug, renumbered, STICK } from "./support/stick.ts";

const renumber = () => {
  const host = decider(policy(usbTo("web")), container("web"));
  hear(host, plug());
  return hear(host, [renumbered(9)]);
};

test("a device that comes back under another number is taken and given, and nothing else of its unit is", () => {
  expect(inWords(renumber())).toEqual(["take web 1-1", "give web 1-1"]);
});

test("the take is about the old node, the give about the new one", () => {
  const reactions = renumber();
  const taken = order("take", reactions);
  expect(taken.device).toMatchObject({ devpath: STICK, devnum: { minor: 1 }, devname: "bus/usb/001/002" });
  expect(taken.uevent).toMatchObject({ action: "remove", properties: { ACTION: "remove", MINOR: "1" } });
  const given = order("give", reactions);
  expect(given.node).toMatchObject({ path: "bus/usb/001/003", devnum: { minor: 2 } });
  expect(given.uevent.properties).toEqual(renumbered(9).properties);
});

test("an `add` of the very same node is told", () => {
  const host = decider(policy(usbTo("web")), container("web"));
  hear(host, plug());
  const reactions = hear(host, [plug(9)[0]!]);
  expect(inWords(reactions)).toEqual(["tell web 1-1"]);
  expect(order("tell", reactions).uevent.action).toBe("add");
});
