import { expect, test } from "@jest/globals";
import { container, decider, hear, held, inWords, order, ordersOf, policy, usbTo } from "./support/host.ts";
import { event, plug, STICK } from "./support/stick.ts";

const gives = ["give web 1-1", "give web 1-1:1.0", "give web sda", "give web sda1"];

test("a container that starts gets what is there, parents first, though the disk changed last", () => {
  const host = decider(policy(usbTo("web")));
  hear(host, [...plug(), event("change", STICK, "usb", 9, { properties: plug()[0]!.properties })]);
  const reaction = host.onContainer("web", container("web"), 5);
  expect(inWords(reaction)).toEqual(gives);
  expect(order("give", reaction, 3).uevent).toMatchObject({ action: "add", properties: { DEVNAME: "sda1" } });
});

test("one that is gone has its end ordered once, and nothing is taken from it", () => {
  const host = decider(policy(usbTo("web")), container("web"));
  hear(host, plug());
  expect(inWords(host.onContainer("web", undefined, 6))).toEqual(["forget web"]);
  expect(held(host)).toEqual([]);
});

test("one that had nothing is not spoken of", () => {
  const host = decider(policy(usbTo("web")), container("web"), container("db"));
  hear(host, plug());
  expect(inWords(host.onContainer("db", undefined, 6))).toEqual([]);
});

test("a restart ends the earlier life before it gives to the next", () => {
  const host = decider(policy(usbTo("web")), container("web", 1));
  hear(host, plug());
  const reaction = host.onContainer("web", container("web", 2), 7);
  expect(inWords(reaction)).toEqual(["forget web", ...gives]);
  expect(ordersOf(reaction).map((each) => each.container.instance)).toEqual([
    container("web", 1).instance,
    ...gives.map(() => container("web", 2).instance),
  ]);
});

test("a record that says the same again, or only more of the same life, moves nothing", () => {
  const host = decider(policy(usbTo("web")), container("web"));
  hear(host, plug());
  expect(inWords(host.onContainer("web", container("web"), 8))).toEqual([]);
  expect(inWords(host.onContainer("web", { ...container("web"), state: "paused" }, 9))).toEqual([]);
});

test("a container that died while nobody looked is ended by the next look at everything", () => {
  const earlier = decider(policy(usbTo("web")), container("web"));
  hear(earlier, plug());
  const next = decider(policy(usbTo("web")));
  for (const device of earlier.devices.all()) next.load({ device });
  for (const grant of earlier.grants.all()) next.load({ grant });
  expect(inWords(next.replanAll("start:1"))).toEqual(["forget web"]);
});

test("the same life, gone and come back, is given the same under other ids: the server shall not take them for repeats", () => {
  const host = decider(policy(usbTo("web")));
  hear(host, plug());
  const first = host.onContainer("web", container("web"), 5);
  host.onContainer("web", undefined, 6);
  const again = host.onContainer("web", container("web"), 7);
  expect(inWords(again)).toEqual(inWords(first));
  expect(again.orders.map(({ id }) => id)).not.toEqual(expect.arrayContaining([first.orders[0]!.id]));
});
