import { expect, test } from "@jest/globals";
import { container, decider, hear, held, inWords, order, ordersOf, policy, usbTo } from "./support/host.ts";
import { event, PARTITION, plug, pull, STICK } from "./support/stick.ts";

const plugged = () => {
  const host = decider(policy(usbTo("web")), container("web"));
  hear(host, plug());
  return host;
};

test("what is pulled out is taken, with the kernel's events in the kernel's order", () => {
  const host = plugged();
  const events = pull(10);
  const reactions = hear(host, events);
  expect(inWords(reactions)).toEqual(["take web sda1", "take web sda", "take web 1-1:1.0", "take web 1-1"]);
  expect(ordersOf(reactions).map((each) => each.kind === "take" && each.uevent)).toEqual(
    events.map(({ action, devpath, properties }) => ({ action, devpath, properties })),
  );
  expect(held(host)).toEqual([]);
});

test("where only the parent's end was heard, its children are taken before it", () => {
  const host = plugged();
  const [reaction] = hear(host, [event("remove", STICK, "usb", 10, { properties: { DEVTYPE: "usb_device" } })]);
  expect(inWords(reaction!)).toEqual(["take web sda1", "take web sda", "take web 1-1:1.0", "take web 1-1"]);
  const child = order("take", reaction!).uevent;
  expect(child).toMatchObject({ action: "remove", devpath: PARTITION, properties: { ACTION: "remove", MINOR: "1" } });
  expect(order("take", reaction!, 3).uevent.properties.SEQNUM).toBe("10");
});

test("nothing is taken twice", () => {
  const host = plugged();
  hear(host, pull(10));
  expect(inWords(hear(host, [...pull(10), ...pull(20)]))).toEqual([]);
});

test("what is plugged in again is given again, under other ids", () => {
  const host = plugged();
  const before = order("give", hear(plugged(), [event("add", `${STICK}/x`, "usb", 9)])).id;
  hear(host, pull(10));
  const again = hear(host, plug(20));
  expect(inWords(again)).toEqual(["give web 1-1", "give web 1-1:1.0", "give web sda", "give web sda1"]);
  expect(ordersOf(again).map(({ id }) => id)).not.toContain(before);
});
