import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import { shell } from "../support/shell.ts";
import type { Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { startAttack } from "./support/attacker.ts";
import { startSpecial } from "./support/containers.ts";
import { openWorkbench, targetFor, ZERO, zeroAt } from "./support/workbench.ts";

// kubevirt#10409: permissions of a cgroup that is not the container's (any more) are changed, those of the whole host at worst.

const ROOT = "/sys/fs/cgroup/devices";
const OURS = "c 1:5 rw";
const permission = { type: "c", major: 1, minor: 5, access: "rw" } as const;

const bench = openWorkbench();
const cgroups = ["a", "b"].map((name) => `${ROOT}/udevns-hostile-${process.pid}-${name}`) as [string, string];
const [first, second] = cgroups;
let container: Throwaway;
let rootBefore: string;

const list = (cgroup: string) => readFileSync(`${cgroup}/devices.list`, "utf8").split("\n").filter(Boolean);
const members = (cgroup: string) => readFileSync(`${cgroup}/cgroup.procs`, "utf8").trim();
const move = (to: string) => writeFileSync(`${to}/cgroup.procs`, String(container.pid));

beforeEach(async () => {
  rootBefore = list(ROOT).join();
  for (const cgroup of cgroups) {
    mkdirSync(cgroup);
    writeFileSync(`${cgroup}/devices.deny`, "a");
    writeFileSync(`${cgroup}/devices.allow`, "c 1:3 rw");
  }
  container = await startSpecial({ userns: false });
  move(first);
});
afterEach(async () => {
  await container.stop();
  for (const cgroup of cgroups) {
    await until(() => members(cgroup) === "", "the cgroup to be empty");
    rmdirSync(cgroup);
  }
  expect(list(ROOT).join()).toBe(rootBefore);
});
afterAll(() => bench.close());

test("a container that is moved takes its permission along, and the cgroup that it left has it no more", async () => {
  const target = targetFor(container);
  expect(await bench.give(target, zeroAt("ours"))).toBe("done");
  expect(list(first)).toEqual(["c 1:3 rw", OURS]);
  move(second);
  expect(await bench.devnode.permissions.repair(target, [permission])).toBe(true);
  expect([list(first), list(second)]).toEqual([["c 1:3 rw"], ["c 1:3 rw", OURS]]);
  expect(await bench.devnode.permissions.repair(target, [permission])).toBe(false);
  expect(await bench.take(target)).toBe("done");
  expect([list(first), list(second)]).toEqual([["c 1:3 rw"], ["c 1:3 rw"]]);
});

test("a device that is taken after a move is taken from both", async () => {
  const target = targetFor(container);
  await bench.give(target, zeroAt("ours"));
  move(second);
  writeFileSync(`${second}/devices.allow`, OURS);
  expect(await bench.take(target)).toBe("done");
  expect([list(first), list(second)]).toEqual([["c 1:3 rw"], ["c 1:3 rw"]]);
});

test("one that was moved to the root of the hierarchy leaves the host's list as it was", async () => {
  const target = targetFor(container);
  await bench.give(target, zeroAt("ours"));
  move(ROOT);
  expect(await bench.devnode.permissions.repair(target, [permission])).toBe(true);
  expect(list(first)).toEqual(["c 1:3 rw"]);
  expect(await bench.take(target)).toBe("done");
});

test("a cgroup of the same name that was made later is another's, and left alone", async () => {
  const target = targetFor(container);
  await bench.give(target, zeroAt("ours"));
  move(second);
  rmdirSync(first);
  mkdirSync(first);
  expect(await bench.take(target)).toBe("done");
  // Its list shows no exceptions while everything else is allowed.
  expect(await shell('echo $$ > "$1/cgroup.procs"; head -c 3 /dev/zero | wc -c', first)).toBe("3\n");
});

test("no permission is given to a cgroup in which a stranger lives", async () => {
  const stranger = await startSpecial({ userns: false });
  try {
    writeFileSync(`${first}/cgroup.procs`, String(stranger.pid));
    expect(await bench.give(targetFor(container), zeroAt("ours"))).toBe("UDEVNS_E_CGROUP");
    expect(list(first)).toEqual(["c 1:3 rw"]);
    expect(bench.devnode.registry.get(targetFor(container).instance, ZERO.devpath)).toBeUndefined();
  } finally {
    await stranger.stop();
  }
});

// runc#2366: while the list was changed everything was denied for a moment, /dev/null too.
test("what a container may use it may use all the while that another device is given and taken", async () => {
  const target = targetFor(container);
  const attack = await startAttack(container, "insist", `${first}/cgroup.procs`, "/dev/null");
  for (let round = 0; round < 20; round += 1) {
    expect(await bench.give(target, zeroAt("ours"))).toBe("done");
    expect(await bench.take(target)).toBe("done");
  }
  await attack.stop();
  expect(attack.said()).toEqual([]);
});
