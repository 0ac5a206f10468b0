import { type CompiledPolicy, containerFromSketch, formatDiagnostic, parsePolicy } from "@udevns/policy";
import type { Claim, ContainerRecord, UeventMessage, WorkOf } from "@udevns/protocol";
import { Decider } from "../../src/decider.ts";
import type { Reaction } from "../../src/reaction.ts";

export const policy = (...rules: string[]): CompiledPolicy => {
  const text = `version: 1\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join("")}`;
  const parsed = parsePolicy([{ file: "test.yaml", text }]);
  if ("errors" in parsed) throw new Error(parsed.errors.map(formatDiagnostic).join("\n"));
  return parsed.policy;
};

/** USB devices go to a container. */
export const usbTo = (container: string, more = ""): string =>
  `{ name: usb-to-${container}, match: { subsystem: usb, devtype: usb_device }, give: { container: ${container}${more} } }`;

/** @param life each one is another start of the container */
export const container = (name: string, life = 1): ContainerRecord => ({
  ...containerFromSketch({ name }, "lab"),
  pid: 100 * life,
  instance: `b0:${name}:${life}`,
});

export const claim = (unit: string, ...containers: string[]): Claim => ({
  v: 1,
  host: "lab",
  unit,
  containers,
  share: false,
  who: "kim",
  when: "2026-01-01T00:00:00.000Z",
});

/** A decider without devices. */
export function decider(rules: CompiledPolicy, ...containers: ContainerRecord[]): Decider {
  const made = new Decider({ host: "lab", policy: rules, hostUdev: () => false, now: () => new Date(0) });
  for (const record of containers) made.load({ container: record });
  return made;
}

export const hear = (host: Decider, events: readonly UeventMessage[]): Reaction[] =>
  events.map((event) => host.onUevent(event, event.hops));

/** Orders in words: `give web sda1`. */
export const inWords = (reactions: Reaction | readonly Reaction[]): string[] =>
  ordersOf(reactions).map((order) => {
    const device =
      order.kind === "gate"
        ? [order.wish]
        : order.kind === "forget"
          ? []
          : [order.device.devpath.slice(order.device.devpath.lastIndexOf("/") + 1)];
    return [order.kind, order.container.name, ...device].join(" ");
  });

export const ordersOf = (reactions: Reaction | readonly Reaction[]) =>
  [reactions].flat().flatMap(({ orders }) => orders);

/** The only order, or the one at a place, of a kind. */
export function order<K extends "give" | "take" | "tell">(
  kind: K,
  reactions: Reaction | readonly Reaction[],
  at = 0,
): WorkOf<K> {
  const found = ordersOf(reactions).filter((each): each is WorkOf<K> => each.kind === kind)[at];
  if (found === undefined) throw new Error(`no ${kind} at ${at} in ${inWords(reactions).join(", ")}`);
  return found;
}

/** What containers have, in words: `web sda1`. */
export const held = (host: Decider): string[] =>
  Array.from(host.grants.all(), ({ container: { name }, device: { devpath } }) =>
    [name, devpath.slice(devpath.lastIndexOf("/") + 1)].join(" "),
  ).sort();
