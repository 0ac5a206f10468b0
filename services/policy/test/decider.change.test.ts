import { expect, test } from "@jest/globals";
import { container, decider, hear, inWords, order, policy, usbTo } from "./support/host.ts";
import { DISK, event, plug } from "./support/stick.ts";

const sda = { MAJOR: "8", MINOR: "0", DEVNAME: "sda", DEVTYPE: "disk" };
const changed = (seqnum: number, more = {}) =>
  event("change", DISK, "block", seqnum, { properties: { ...sda, DISK_MEDIA_CHANGE: "1" }, ...more });

const plugged = () => {
  const host = decider(policy(usbTo("web")), container("web"), container("db"));
  hear(host, plug());
  return host;
};

test("the owner, and nobody else, is told of a change in the kernel's words", () => {
  const reactions = hear(plugged(), [changed(9)]);
  expect(inWords(reactions)).toEqual(["tell web sda"]);
  const { action, devpath, properties } = changed(9);
  expect(order("tell", reactions)).toMatchObject({ id: expect.stringContaining("lab:b0:9/"), device: { seqnum: 9 } });
  expect(order("tell", reactions).uevent).toEqual({ action, devpath, properties });
});

test("one that came before is not told", () => {
  const host = plugged();
  hear(host, [changed(9)]);
  expect(inWords(hear(host, [changed(9), changed(8)]))).toEqual([]);
});

test.each(["udev", "scan"] as const)("what %s says is nothing that the kernel said: it is not told", (source) => {
  expect(inWords(hear(plugged(), [changed(9, { source })]))).toEqual([]);
});

test("a change that makes the unit somebody's is told behind the gives", () => {
  const host = decider(
    policy(`{ name: full, match: { property: { FULL: "1" } }, give: { container: web } }`),
    container("web"),
  );
  hear(host, plug());
  const reactions = hear(host, [changed(9, { properties: { ...sda, FULL: "1" } })]);
  expect(inWords(reactions)).toEqual([
    "give web 1-1",
    "give web 1-1:1.0",
    "give web sda",
    "give web sda1",
    "tell web sda",
  ]);
});

test("a change that makes it nobody's takes it and tells nothing", () => {
  const host = decider(
    policy(`{ name: locked, match: { property: { LOCKED: "1" } }, deny: true }`, usbTo("web")),
    container("web"),
  );
  hear(host, plug());
  expect(inWords(hear(host, [changed(9, { properties: { ...sda, LOCKED: "1" } })]))).toEqual([
    "take web sda1",
    "take web sda",
    "take web 1-1:1.0",
    "take web 1-1",
  ]);
});
