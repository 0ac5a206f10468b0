import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { Registry } from "../src/registry.ts";
import { made, taking, target } from "./support/builders.ts";
import { scratch } from "./support/scratch.ts";

const { instance } = target();
const inode = { dev: "42", ino: "7" };
const lines = (path: string) => readFileSync(path, "utf8").split("\n").slice(0, -1).length;
const paths = (registry: Registry) => registry.of(instance).map(({ devpath }) => devpath);

test("a registry that never was is empty, and only its owner may read it", () => {
  const path = scratch("below/registry");
  const registry = new Registry(path);
  expect(registry.instances()).toEqual([]);
  expect(registry.of(instance)).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("what was written is there after a kill, in the order in which it was made", () => {
  const path = scratch("registry");
  const before = new Registry(path);
  for (const devpath of ["/b", "/a", "/a/x"]) before.record({ made: made(devpath) });
  before.record({ directory: { instance, path: "dev/bus", inode } });
  before.record({ directory: { instance, path: "dev/bus/usb", inode } });
  const after = new Registry(path);
  expect(paths(after)).toEqual(["/b", "/a", "/a/x"]);
  expect(after.get(instance, "/a")).toEqual(made("/a"));
  expect(after.directories(instance).map((directory) => directory.path)).toEqual(["dev/bus/usb", "dev/bus"]);
});

test("what was undone, and what was said anew, is so after a kill too", () => {
  const path = scratch("registry");
  const before = new Registry(path);
  for (const devpath of ["/a", "/b"]) before.record({ made: made(devpath, { state: "making" }) });
  before.record({ made: made("/a", { told: 9 }) });
  before.record({ unmade: { instance, devpath: "/b" } });
  before.record({ directory: { instance, path: "dev/bus", inode } });
  before.record({ noDirectory: { instance, path: "dev/bus" } });
  for (const registry of [before, new Registry(path), new Registry(path)]) {
    expect(registry.of(instance)).toEqual([made("/a", { told: 9 })]);
    expect(registry.directories(instance)).toEqual([]);
  }
});

test("what a container was told of is known after a kill too, and nothing of what was taken", () => {
  const path = scratch("registry");
  const before = new Registry(path);
  before.record({ made: made("/a", { told: -1 }) });
  for (const devpath of ["/a", "/gone"]) before.record({ told: { instance, devpath, seqnum: 12 } });
  for (const registry of [before, new Registry(path)])
    expect(registry.of(instance)).toEqual([made("/a", { told: 12 })]);
});

test("a take that failed is open after a kill too, until it is done or its container is forgotten", () => {
  const path = scratch("registry");
  const before = new Registry(path);
  for (const devpath of ["/a", "/b", "/c"]) before.record({ made: made(devpath) });
  for (const devpath of ["/a", "/b"]) before.record({ made: taking(devpath) });
  before.record({ unmade: { instance, devpath: "/a" } });
  const after = new Registry(path);
  for (const registry of [before, after]) expect(registry.takings()).toEqual([taking("/b")]);
  after.record({ forgotten: instance });
  for (const registry of [after, new Registry(path)]) expect(registry.takings()).toEqual([]);
});

test("a container that is forgotten leaves nothing, and others stay", () => {
  const path = scratch("registry");
  const before = new Registry(path);
  const other = target("db").instance;
  before.record({ made: made("/a") });
  before.record({ directory: { instance, path: "dev/bus", inode } });
  before.record({ made: made("/a", { instance: other }) });
  before.record({ forgotten: instance });
  for (const registry of [before, new Registry(path)]) {
    expect(registry.instances()).toEqual([other]);
    expect(registry.get(instance, "/a")).toBeUndefined();
  }
});

test("a last line that a kill cut is as if it had not been begun, and what comes next is whole", () => {
  const path = scratch("registry");
  new Registry(path).record({ made: made("/a") });
  const whole = readFileSync(path, "utf8");
  for (const cut of [1, 10, whole.length - 1]) {
    writeFileSync(path, whole + whole.replace('"/a"', '"/b"').slice(0, cut));
    const registry = new Registry(path);
    expect(paths(registry)).toEqual(["/a"]);
    registry.record({ made: made("/c") });
    expect(paths(new Registry(path))).toEqual(["/a", "/c"]);
  }
});

test("a start writes only what still matters", () => {
  const path = scratch("registry");
  const before = new Registry(path);
  for (let told = 0; told < 50; told += 1) before.record({ made: made("/a", { told }) });
  expect(lines(path)).toBe(50);
  new Registry(path);
  expect(lines(path)).toBe(1);
});

test("a registry that has grown is written anew, and goes on in the new file", () => {
  const path = scratch("registry");
  const registry = new Registry(path);
  const spec = "x".repeat(100_000);
  for (let told = 0; told < 50; told += 1) registry.record({ made: made("/a", { told, spec }) });
  expect(statSync(path).size).toBeLessThan(2 << 20);
  registry.record({ made: made("/b") });
  const after = new Registry(path);
  expect(after.of(instance).map(({ devpath, told }) => [devpath, told])).toEqual([
    ["/a", 49],
    ["/b", 7],
  ]);
});

test("a registry that has much to know is not written anew at each change, and is once it has doubled", () => {
  const path = scratch("registry");
  const registry = new Registry(path);
  const spec = "x".repeat(100_000);
  for (let number = 0; number < 50; number += 1) registry.record({ made: made(`/${number}`, { spec }) });
  const file = () => statSync(path).ino;
  const before = file();
  // One alone: two drafts in a row may have the first one's inode again.
  registry.record({ made: made("/0", { told: 1, spec }) });
  expect(file()).toBe(before);
  for (let told = 0; told < 100; told += 1) registry.record({ made: made("/0", { told, spec }) });
  expect(statSync(path).size).toBeLessThan(11_000_000);
  expect(paths(new Registry(path))).toHaveLength(50);
});

test("a draft that a kill left behind is nothing", () => {
  const path = scratch("registry");
  new Registry(path).record({ made: made("/a") });
  appendFileSync(`${path}.new`, '{"forgotten":');
  expect(paths(new Registry(path))).toEqual(["/a"]);
});
