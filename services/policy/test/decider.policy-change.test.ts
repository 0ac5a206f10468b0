import { expect, test } from "@jest/globals";
import { container, decider, hear, inWords, order, policy, usbTo } from "./support/host.ts";
import { event, plug } from "./support/stick.ts";

const TTY = "/devices/platform/serial8250/tty/ttyS0";
const port = event("add", TTY, "tty", 50, { properties: { MAJOR: "4", MINOR: "64", DEVNAME: "ttyS0" } });
const serialTo = (name: string) => `{ name: serial, match: { subsystem: tty }, give: { container: ${name} } }`;

const start = () => {
  const host = decider(policy(usbTo("web"), serialTo("web")), container("web"), container("db"));
  hear(host, [...plug(), port]);
  return host;
};

test("only the unit whose owner another policy changes is moved", () => {
  const reaction = start().onPolicy(policy(usbTo("web"), serialTo("db")), 2);
  expect(inWords(reaction)).toEqual(["take web ttyS0", "give db ttyS0"]);
  expect(reaction.decisions.map(({ text, cause }) => [text, cause])).toEqual([
    ["ttyS0 goes to db by rule serial", "policy:2"],
  ]);
});

test("the same rules again, or in another order, move nothing", () => {
  const host = start();
  expect(host.onPolicy(policy(usbTo("web"), serialTo("web")), 2)).toMatchObject({ orders: [], decisions: [] });
  expect(inWords(host.onPolicy(policy(serialTo("web"), usbTo("web")), 3))).toEqual([]);
});

test("a rule with another name is a decision to tell of and nothing to do", () => {
  const host = start();
  const reaction = host.onPolicy(policy(usbTo("web"), serialTo("web").replace("name: serial", "name: uart")), 2);
  expect(inWords(reaction)).toEqual([]);
  expect(reaction.decisions.map(({ text }) => text)).toEqual(["ttyS0 goes to web by rule uart"]);
});

test("another mode is another node: taken and given to the same container", () => {
  const reaction = start().onPolicy(policy(usbTo("web"), serialTo("web, mode: '0600'")), 2);
  expect(inWords(reaction)).toEqual(["take web ttyS0", "give web ttyS0"]);
  expect(order("give", reaction).node?.mode).toBe(0o600);
});

test("a device that is left out from now on is taken alone", () => {
  const reaction = start().onPolicy(policy(usbTo("web", ", omit: [{ devtype: partition }]"), serialTo("web")), 2);
  expect(inWords(reaction)).toEqual(["take web sda1"]);
});

test("an empty policy takes everything", () => {
  expect(inWords(start().onPolicy(policy(usbTo("none")), 2))).toEqual([
    "take web sda1",
    "take web sda",
    "take web 1-1:1.0",
    "take web 1-1",
    "take web ttyS0",
  ]);
});
