import { spawn } from "node:child_process";
import { openSync, readFileSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { closeFd, executeHere } from "../src/index.ts";
import { firstLine } from "./support/container.ts";

const proc = openSync("/proc", "r");
/** A first process, its two children, and one that left all its namespaces, with its child. */
const SCRIPT = "sleep 1000 & unshare --mount --pid --fork --kill-child sleep 1000 & echo ready; wait";
const holder = spawn("unshare", [..."--mount --pid --fork --kill-child sh -c".split(" "), SCRIPT], {
  stdio: ["ignore", "pipe", "inherit"],
});
let init: number;
beforeAll(async () => {
  await firstLine(holder);
  [init] = childrenOf(holder.pid!) as [number];
});
afterAll(() => {
  holder.kill("SIGKILL");
  closeFd(proc);
});

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
const inode = (pid: number | string, kind: string) => Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/${kind}`))?.[0]);

async function members(mnt: number, pidNamespace: number, byParents: boolean): Promise<number[]> {
  const [found] = await executeHere(proc, [{ op: "members", path: "self", mnt, pidNamespace, byParents }]);
  // unshare(1) itself has the mount namespace too.
  return found.ok ? found.result.entries.map(({ pid }) => pid).filter((pid) => pid !== holder.pid) : [];
}

/** The whole tree, once it has grown. */
async function tree(): Promise<number[]> {
  for (;;) {
    const below = childrenOf(init);
    const last = below.flatMap(childrenOf);
    if (below.length === 2 && last.length === 1) return [init, ...below, ...last].sort();
    await new Promise(setImmediate);
  }
}

test.each([false, true])("are those of a namespace and all below them (by their parents: %s)", async (byParents) => {
  const all = await tree();
  expect((await members(inode(init, "mnt"), 0, byParents)).sort()).toEqual(all);
  expect((await members(1, inode(init, "pid"), byParents)).sort()).toEqual(all);
});

test.each([false, true])("of a namespace that nobody has there are none (by their parents: %s)", async (byParents) => {
  expect(await members(1, 1, byParents)).toEqual([]);
});
