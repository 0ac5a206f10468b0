import { expect, test } from "@jest/globals";
import type { Claim, DeviceRecord, Grant } from "@udevns/protocol";
import type { Decider } from "../src/decider.ts";
import { claim, container, decider, hear, ordersOf, policy, usbTo } from "./support/host.ts";
import { event, plug, pull, renumbered, STICK } from "./support/stick.ts";

const rules = policy(usbTo("web"), `{ name: radios, match: { subsystem: ieee80211 }, give: { container: db } }`);
const containers = [container("web"), container("db")];
const phy0 = "/devices/virtual/mac80211_hwsim/hwsim0/ieee80211/phy0";
const radio = "/devices/virtual/mac80211_hwsim/hwsim0/ieee80211/radio";
const log = [
  ...plug(1),
  event("add", phy0, "ieee80211", 5),
  event("add", `${phy0}/rfkill0`, "rfkill", 6),
  renumbered(7),
  event("change", STICK, "usb", 8, { properties: renumbered(8).properties }),
  event("move", radio, "ieee80211", 9, { properties: { DEVPATH_OLD: phy0 } }),
  event("remove", `${radio}/rfkill0`, "rfkill", 10),
  event("remove", radio, "ieee80211", 11),
  ...pull(12),
  ...plug(20),
];

/** What checkpoints leave in the buckets. */
class Buckets {
  readonly devices = new Map<string, DeviceRecord>();
  readonly grants = new Map<string, Grant>();

  write(host: Decider): void {
    const { devices, grants } = host.checkpoint();
    for (const [key, device] of devices)
      if (device === undefined) this.devices.delete(key);
      else this.devices.set(key, device);
    for (const [key, { grant, gone }] of grants)
      if (gone) this.grants.delete(key);
      else this.grants.set(key, grant);
  }

  /** Another life of policy, from what was written down. JSON, because the buckets hold no more than that. */
  revive(claims: readonly Claim[] = []): Decider {
    const next = decider(rules, ...containers);
    for (const device of this.devices.values()) next.load({ device: JSON.parse(JSON.stringify(device)) });
    for (const grant of this.grants.values()) next.load({ grant: JSON.parse(JSON.stringify(grant)) });
    for (const each of claims) next.load({ claim: each });
    return next;
  }
}

test.each(log.map((_, at) => [at]))("killed after event %i and read on from there, the orders are the same", (at) => {
  const buckets = new Buckets();
  const host = decider(rules, ...containers);
  hear(host, log.slice(0, at));
  buckets.write(host);
  const rest = ordersOf(hear(host, log.slice(at)));
  const next = buckets.revive();
  expect(ordersOf(next.replanAll("start:1"))).toEqual([]);
  expect(ordersOf(hear(next, log.slice(at)))).toEqual(rest);
});

test("a checkpoint after each event leaves what one at the end leaves", () => {
  const [each, once] = [new Buckets(), new Buckets()];
  const host = decider(rules, ...containers);
  for (const one of log) {
    hear(host, [one]);
    each.write(host);
  }
  const other = decider(rules, ...containers);
  hear(other, log);
  once.write(other);
  const sorted = (map: Map<string, unknown>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(sorted(each.devices)).toEqual(sorted(once.devices));
  expect(sorted(each.grants)).toEqual(sorted(once.grants));
});

test("a claim that was in force holds in the next life", () => {
  const buckets = new Buckets();
  const host = decider(rules, ...containers);
  hear(host, plug());
  const unit = host.devices.unitOf(STICK)!.identity;
  host.onClaim(unit, claim(unit, "db"), 3);
  buckets.write(host);
  expect(ordersOf(buckets.revive([claim(unit, "db")]).replanAll("start:1"))).toEqual([]);
});

test("nothing changed is nothing to write", () => {
  const host = decider(rules, ...containers);
  hear(host, log);
  host.checkpoint();
  const { devices, grants } = host.checkpoint();
  expect([devices.size, grants.size]).toEqual([0, 0]);
});

test("events that are only folded in order nothing, and count from then on", () => {
  const host = decider(rules, ...containers);
  for (const one of plug()) host.fold(one);
  expect(ordersOf(host.replanAll("start:1"))).toHaveLength(4);
});

test("what is ordered before the first event says the boot of the checkpoint", () => {
  const buckets = new Buckets();
  const host = decider(rules, ...containers);
  hear(host, plug());
  buckets.write(host);
  expect(ordersOf(buckets.revive().onContainer("web", undefined, 9)).map(({ boot }) => boot)).toEqual(["b0"]);
});
