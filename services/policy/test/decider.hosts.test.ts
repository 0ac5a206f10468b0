import { expect, test } from "@jest/globals";
import type { CompiledPolicy } from "@udevns/policy";
import type { ContainerRecord } from "@udevns/protocol";
import { Decider } from "../src/decider.ts";
import { container, hear, held, inWords, policy } from "./support/host.ts";
import { plug } from "./support/stick.ts";

const HOSTS = ["north", "south"] as const;
const usb = "subsystem: usb, devtype: usb_device";

/** The same policy on two hosts, in each of which the same kind of stick is plugged. */
function twoHosts(rules: CompiledPolicy): Record<(typeof HOSTS)[number], Decider> {
  const [north, south] = HOSTS.map((host) => {
    const decider = new Decider({ host, policy: rules, hostUdev: () => false, now: () => new Date(0) });
    hear(
      decider,
      plug().map((event) => ({ ...event, host, id: `${host}:${event.seqnum}` })),
    );
    return decider;
  });
  return { north: north as Decider, south: south as Decider };
}

const on = (host: string, name: string, labels: Record<string, string> = {}): ContainerRecord => ({
  ...container(name),
  host,
  instance: `${host}:${name}`,
  labels,
});

const STICK = ["1-1", "1-1:1.0", "sda", "sda1"];
const gives = (name: string) => STICK.map((device) => `give ${name} ${device}`);
const has = (name: string) => STICK.map((device) => `${name} ${device}`);

test("a container has the units of the host it runs on, and of no other", () => {
  const hosts = twoHosts(policy(`{ name: it, match: { ${usb} }, give: { container: desk } }`));
  expect(inWords(hosts.north.onContainer("desk", on("north", "desk"), 1))).toEqual(gives("desk"));
  expect(held(hosts.south)).toEqual([]);
});

test.each([
  ["its name", "container: desk", {}],
  ["its labels", "labels: { seat: left }", { seat: "left" }],
])("one that moves, known by %s, leaves one host's units and gets the other's", (_, give, labels) => {
  const hosts = twoHosts(policy(`{ name: it, match: { ${usb} }, give: { ${give} } }`));
  hosts.north.onContainer("desk", on("north", "desk", labels), 1);
  expect(inWords(hosts.north.onContainer("desk", undefined, 2))).toEqual(["forget desk"]);
  expect(inWords(hosts.south.onContainer("desk", on("south", "desk", labels), 3))).toEqual(gives("desk"));
  expect([held(hosts.north), held(hosts.south)]).toEqual([[], has("desk")]);
});

test("a rule for one host says nothing on the other, where the next one decides", () => {
  const hosts = twoHosts(
    policy(
      `{ name: north's, match: { host: north, ${usb} }, give: { container: desk } }`,
      `{ name: others', match: { host: "s*", ${usb} }, give: { container: lab } }`,
    ),
  );
  for (const host of HOSTS) for (const name of ["desk", "lab"]) hosts[host].onContainer(name, on(host, name), 1);
  expect([held(hosts.north), held(hosts.south)]).toEqual([has("desk"), has("lab")]);
});

test("one that moves to a host whose rules give it nothing has nothing", () => {
  const hosts = twoHosts(policy(`{ name: north's, match: { host: north, ${usb} }, give: { container: desk } }`));
  hosts.north.onContainer("desk", on("north", "desk"), 1);
  hosts.north.onContainer("desk", undefined, 2);
  expect(inWords(hosts.south.onContainer("desk", on("south", "desk"), 3))).toEqual([]);
});

test("while it runs on both, each host's units go to its own", () => {
  const hosts = twoHosts(policy(`{ name: it, match: { ${usb} }, give: { container: desk } }`));
  for (const host of HOSTS) hosts[host].onContainer("desk", on(host, "desk"), 1);
  for (const host of HOSTS) {
    const instances = new Set(Array.from(hosts[host].grants.all(), ({ container: { instance } }) => instance));
    expect([...instances]).toEqual([`${host}:desk`]);
  }
});

test("another container of that label on the host that was left gets what is left", () => {
  const hosts = twoHosts(policy(`{ name: it, match: { ${usb} }, give: { labels: { seat: left } } }`));
  hosts.north.onContainer("desk", on("north", "desk", { seat: "left" }), 1);
  hosts.north.onContainer("desk", undefined, 2);
  expect(inWords(hosts.north.onContainer("spare", on("north", "spare", { seat: "left" }), 3))).toEqual(gives("spare"));
});
