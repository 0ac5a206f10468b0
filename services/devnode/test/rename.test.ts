import { expect, test } from "@jest/globals";
import type { Devnode } from "../src/devnode.ts";
import { goneOrders } from "../src/levels.ts";
import { Registry } from "../src/registry.ts";
import { renameMoved } from "../src/rename.ts";
import { made, moveOrder, target } from "./support/builders.ts";
import { scratch } from "./support/scratch.ts";

const { instance } = target();
const OLD = "/devices/radio/ieee80211/phy0";
const NEW = "/devices/radio/ieee80211/radio";

/** What was made for a radio, for the switch below it and for two that only have a like name. */
function start() {
  const path = scratch("registry");
  const registry = new Registry(path);
  for (const devpath of ["/devices/other", OLD, `${OLD}/rfkill0`, `${OLD}1`]) registry.record({ made: made(devpath) });
  return { registry, path, rename: (order = moveOrder(OLD, NEW)) => renameMoved({ registry } as Devnode, order) };
}
const paths = (registry: Registry) => registry.of(instance).map(({ devpath }) => devpath);

test("what was made for a device is found under its new name, after a kill too", () => {
  const { registry, path, rename } = start();
  rename();
  for (const each of [registry, new Registry(path)]) {
    expect(each.get(instance, NEW)).toMatchObject({ devpath: NEW, state: "made", order: { device: { devpath: NEW } } });
    expect(each.get(instance, OLD)).toBeUndefined();
  }
});

test("what hangs below goes along, and nothing else does", () => {
  const { registry, rename } = start();
  rename();
  expect(paths(registry).sort()).toEqual(["/devices/other", `${OLD}1`, NEW, `${NEW}/rfkill0`].sort());
  expect(registry.get(instance, `${NEW}/rfkill0`)?.order.device.devpath).toBe(`${NEW}/rfkill0`);
});

test("taken back later it is told of under the name that the container knows, children first", () => {
  const { registry, rename } = start();
  rename();
  const gone = goneOrders(registry.of(instance)).filter(({ device }) => device.devpath.startsWith(NEW));
  expect(gone.map(({ uevent }) => [uevent.action, uevent.devpath, uevent.properties.DEVPATH])).toEqual([
    ["remove", `${NEW}/rfkill0`, `${NEW}/rfkill0`],
    ["remove", NEW, NEW],
  ]);
  expect(gone[1]!.uevent.properties).toMatchObject({ SUBSYSTEM: "block", INDEX: "3" });
  expect(gone[1]!.uevent.properties).not.toHaveProperty("DEVPATH_OLD");
});

test("heard again it changes nothing", () => {
  const { registry, rename } = start();
  rename();
  const before = registry.of(instance);
  rename();
  expect(registry.of(instance)).toEqual(before);
});

test.each([
  ["of another kind", moveOrder(OLD, NEW, { action: "change" })],
  ["of a device that the container has not", moveOrder("/devices/x", "/devices/y")],
  ["to where it is (its parent's name changed)", moveOrder(OLD, OLD)],
  ["for another container", { ...moveOrder(OLD, NEW), container: target("db") }],
])("an event %s renames nothing", (_, order) => {
  const { registry, rename } = start();
  const before = registry.of(instance);
  rename(order);
  expect(registry.of(instance)).toEqual(before);
});
