import { describe, expect, test } from "@jest/globals";
import type { DevnodeWork, UeventMessage } from "@udevns/protocol";
import fc from "fast-check";
import type { Decider } from "../src/decider.ts";
import { Seam } from "../src/seam.ts";
import { container, decider, held, policy } from "./support/host.ts";
import { event, plug, pull, STICK } from "./support/stick.ts";

const rules = policy(
  "{ name: sticks, match: { subsystem: usb, devtype: usb_device }, give: { labels: { wants: sticks }, share: true } }",
);
const wanting = (name: string, life: number) => ({ ...container(name, life), labels: { wants: "sticks" } });

type Input =
  | { readonly kind: "event"; readonly event: UeventMessage }
  | { readonly kind: "container"; readonly name: string; readonly life: number | undefined };

/** Everything that a host's policy hears, in one order. */
const story: readonly Input[] = [
  ...plug(1).map(heard),
  { kind: "container", name: "web", life: 1 },
  heard(event("change", STICK, "usb", 20, { properties: { ...plug(1)[0]?.properties } })),
  { kind: "container", name: "db", life: 1 },
  ...pull(30).map(heard),
  ...plug(40).map(heard),
  { kind: "container", name: "web", life: undefined },
  { kind: "container", name: "web", life: 2 },
  heard(event("change", STICK, "usb", 60, { properties: { ...plug(1)[0]?.properties } })),
  { kind: "container", name: "db", life: undefined },
];

function heard(one: UeventMessage): Input {
  return { kind: "event", event: one };
}

/** One life of policy over a part of the story: its orders as they stand in the log. */
class Life {
  readonly log: DevnodeWork[] = [];
  readonly host: Decider;
  #sequence: number;

  constructor(host: Decider, sequence: number) {
    this.host = host;
    this.#sequence = sequence;
  }

  get sequence(): number {
    return this.#sequence;
  }

  take(input: Input, at: number): void {
    if (input.kind === "event") {
      this.#sequence += 1;
      this.note(this.host.onUevent(input.event, {}).orders);
    } else {
      const record = input.life === undefined ? undefined : wanting(input.name, input.life);
      this.note(this.host.onContainer(input.name, record, at).orders);
    }
  }

  note(orders: readonly DevnodeWork[]): void {
    for (const order of orders) this.log.push({ ...order, after: { sequence: this.#sequence, epoch: "e" } });
  }
}

function unharmed(): Life {
  const life = new Life(decider(rules), 0);
  for (const [at, input] of story.entries()) life.take(input, at);
  return life;
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const events = story.flatMap((input) => (input.kind === "event" ? [input.event] : []));

interface Kill {
  /** How many inputs had come at the last whole checkpoint, at the one that was being written, and in all. */
  readonly inputs: readonly [number, number, number];
  /** Which keys of the second checkpoint were written: a bit each. */
  readonly keys: number;
  /** How many of the last orders were not stored; those of the second checkpoint are. */
  readonly lost: number;
}

/** @returns the whole log of orders in the end, and what containers have */
function killed({ inputs: [whole, half, end], keys, lost }: Kill): { log: DevnodeWork[]; held: string[] } {
  const first = new Life(decider(rules), 0);
  const run = (from: number, to: number) => {
    for (const [at, input] of story.slice(from, to).entries()) first.take(input, from + at);
  };
  run(0, whole);
  const levels = first.host.checkpoint();
  const position = { sequence: first.sequence, orders: first.log.length };
  run(whole, half);
  const stored = first.log.length;
  const newer = first.host.checkpoint();
  let bit = 0;
  const isWritten = () => ((keys >> (bit++ % 30)) & 1) === 1;
  for (const [key, device] of newer.devices) if (isWritten()) levels.devices.set(key, device);
  for (const [key, grant] of newer.grants) if (isWritten()) levels.grants.set(key, grant);
  run(half, end);
  // Orders are stored one after the other, so a kill leaves out the last ones.
  const log = first.log.slice(0, Math.max(stored, first.log.length - lost));
  const second = new Life(revive(levels, story.slice(0, end)), position.sequence);
  const tail = log.slice(position.orders);
  for (const order of tail) second.host.recall(copy(order));
  resume(second, tail, position.sequence);
  for (const [at, input] of story.entries()) if (at >= end && input.kind === "container") second.take(input, at);
  return { log: [...log, ...second.log], held: held(second.host) };
}

/** The next life reads the log on, as HostPolicy does; all of the story's events are in it by now. */
function resume(life: Life, tail: readonly DevnodeWork[], from: number): void {
  const seam = new Seam(tail);
  let begun = false;
  const begin = () => {
    if (!begun) life.note(life.host.replanAll("start:2").orders);
    begun = true;
  };
  for (const [index, one] of events.entries()) {
    const sequence = index + 1;
    if (sequence <= from) continue;
    if (seam.isPassedBy({ sequence, epoch: "e" })) begin();
    if (begun || seam.isHalfDecided(one)) life.note(seam.missing(life.host.onUevent(one, {}).orders));
    else life.host.fold(one);
  }
  begin();
}

function revive({ devices, grants }: ReturnType<Decider["checkpoint"]>, past: readonly Input[]): Decider {
  const host = decider(rules);
  for (const device of devices.values()) if (device !== undefined) host.load({ device: copy(device) });
  for (const { grant, gone } of grants.values()) if (!gone) host.load({ grant: copy(grant) });
  // The containers are as they are now, whatever they were at the checkpoint.
  const living = new Map<string, number | undefined>();
  for (const input of past) if (input.kind === "container") living.set(input.name, input.life);
  for (const [name, life] of living) if (life !== undefined) host.load({ container: wanting(name, life) });
  return host;
}

/** Orders that make no sense: a give of what is given, a take of what is not, an `add` told beside the give. */
function nonsense(log: readonly DevnodeWork[]): string[] {
  const has = new Set<string>();
  return log.flatMap((order) => {
    const { instance } = order.container;
    if (order.kind === "forget") {
      for (const key of [...has]) if (key.startsWith(`${instance} `)) has.delete(key);
      return [];
    }
    if (order.kind === "gate") return [];
    const key = `${instance} ${order.device.devpath}`;
    const wrong =
      order.kind === "give" ? has.has(key) : !has.has(key) || (order.kind === "tell" && order.uevent.action === "add");
    if (order.kind === "give") has.add(key);
    if (order.kind === "take") has.delete(key);
    return wrong ? [`${order.kind} ${key} (${order.id})`] : [];
  });
}

describe("killed at any point and begun again", () => {
  const kill: fc.Arbitrary<Kill> = fc.record({
    inputs: fc
      .tuple(fc.nat(story.length), fc.nat(story.length), fc.nat(story.length))
      .map((cuts) => cuts.sort((a, b) => a - b)),
    keys: fc.nat(2 ** 30 - 1),
    lost: fc.nat(20),
  });

  test("policy orders nothing twice, and nothing that makes no sense", () => {
    fc.assert(
      fc.property(kill, (each) => {
        const { log } = killed(each);
        expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
        expect(nonsense(log)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test("containers have in the end what they would have had", () => {
    const whole = held(unharmed().host);
    expect(whole).toHaveLength(4);
    fc.assert(fc.property(kill, (each) => expect(killed(each).held).toEqual(whole)));
  });
});

test("an event that only one of its two holders was told of is told to the other", () => {
  const change = story.findIndex((input) => input.kind === "event" && input.event.seqnum === 60);
  const { log } = killed({ inputs: [change, change, change + 1], keys: 0, lost: 1 });
  const told = log.filter(({ kind, id }) => kind === "tell" && id.startsWith("lab:b0:60/"));
  expect(told.map(({ container }) => container.name).sort()).toEqual(["db", "web"]);
});

test("the story alone has orders of each kind that make sense", () => {
  const { log } = unharmed();
  expect(new Set(log.map(({ kind }) => kind))).toEqual(new Set(["give", "take", "tell", "forget"]));
  expect(nonsense(log)).toEqual([]);
});
