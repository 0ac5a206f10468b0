import { expect, test } from "@jest/globals";
import { container, decider, hear, inWords, order, ordersOf, policy, usbTo } from "./support/host.ts";
import { event, plug, STICK } from "./support/stick.ts";

const web = container("web");

test("each device of an owned unit is given once, with the kernel's own event", () => {
  const events = plug();
  const reactions = hear(decider(policy(usbTo("web")), web), events);
  expect(inWords(reactions)).toEqual(["give web 1-1", "give web 1-1:1.0", "give web sda", "give web sda1"]);
  expect(ordersOf(reactions).map((each) => each.kind === "give" && each.uevent)).toEqual(
    events.map(({ action, devpath, properties }) => ({ action, devpath, properties })),
  );
});

test("what a give carries", () => {
  const given = order("give", hear(decider(policy(usbTo("web")), web), plug()), 2);
  expect(given).toMatchObject({
    host: "lab",
    boot: "b0",
    container: { name: "web", instance: web.instance },
    unit: STICK,
    by: { kind: "rule", rule: "usb-to-web" },
    share: false,
    node: { path: "sda", devnum: { type: "b", major: 8, minor: 0 }, mode: 0o660 },
  });
});

test("a device without a node is given for its events", () => {
  expect(order("give", hear(decider(policy(usbTo("web")), web), plug()), 1)).not.toHaveProperty("node");
});

test("a shared unit is given to each, and each give has its own id", () => {
  const both = policy(
    `{ name: all, match: { subsystem: usb, devtype: usb_device }, give: { container: [web, db], share: true } }`,
  );
  const [reaction] = hear(decider(both, web, container("db")), plug());
  expect(inWords(reaction!)).toEqual(["give db 1-1", "give web 1-1"]);
  expect(new Set(reaction!.orders.map(({ id }) => id)).size).toBe(2);
});

test.each([
  ["nobody owns", policy(usbTo("web").replace("usb_device", "usb_hub")), [web]],
  ["is denied", policy(`{ name: no, match: { subsystem: usb }, deny: true }`), [web]],
  ["is for a container that does not run", policy(usbTo("web")), [container("db")]],
  ["is for one container and two match", policy(usbTo('"*"')), [web, container("db")]],
])("nothing is ordered for a unit that %s", (_, rules, containers) => {
  const host = decider(rules, ...containers);
  const changes = [event("change", STICK, "usb", 9), event("remove", STICK, "usb", 10)];
  expect(inWords(hear(host, [...plug(), ...changes]))).toEqual([]);
});

test("the same event heard twice orders nothing the second time", () => {
  const host = decider(policy(usbTo("web")), web);
  hear(host, plug());
  expect(inWords(hear(host, plug()))).toEqual([]);
});

test("what a scan finds is given with the event that the kernel would have sent, and the kernel's late one is not told", () => {
  const host = decider(policy(usbTo("web")), web);
  const found = plug(9, { source: "scan", properties: {} });
  const reactions = hear(host, found);
  expect(inWords(reactions)).toHaveLength(4);
  expect(order("give", reactions, 3).uevent.properties).toMatchObject({ ACTION: "add", DEVNAME: "sda1" });
  expect(order("give", reactions, 3).uevent.properties).not.toHaveProperty("SEQNUM");
  expect(inWords(hear(host, plug(20)))).toEqual([]);
});
