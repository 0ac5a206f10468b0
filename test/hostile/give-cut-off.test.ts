import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, expect, test } from "@jest/globals";
import type { Devnode } from "../../services/devnode/src/devnode.ts";
import { device, nodeSpec } from "../../services/devnode/test/support/builders.ts";
import type { Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";
import { inside, kinds, lookAt, startSpecial } from "./support/containers.ts";
import { mountSilentDirectory } from "./support/fuse.ts";
import { openWorkbench, targetFor, ZERO, zeroAt } from "./support/workbench.ts";

// Whatever ends a give half way, a container keeps nothing of a device that it did not get.

const bench = openWorkbench();
const { registry } = bench.devnode;
let container: Throwaway;
afterEach(() => container?.stop());
afterAll(() => bench.close());

const NODE = zeroAt("our/zero", { links: ["by/zero"] });
/** What a container has of NODE; its directories were not there before. */
const left = () =>
  inside(container, "find /dev/our /dev/by /run/udev/data -name '*1:5' -o -name zero -o -name our 2>/dev/null; :");

/** The registry as it was just before what was made came into it, as a kill in between leaves it. */
function snapshotBeforeMade(devnode: Devnode): { readonly directory: string; end(): void } {
  const directory = mkdtempSync(join(tmpdir(), "udevns-hostile-"));
  const record = devnode.registry.record.bind(devnode.registry);
  devnode.registry.record = (line) => {
    if ("made" in line && line.made.state === "made")
      cpSync(join(bench.directory, "registry"), join(directory, "registry"));
    // What the visit made of directories is noted by the same life, after it.
    else if ("directory" in line) return;
    record(line);
  };
  return { directory, end: () => delete (devnode.registry as Partial<typeof registry>).record };
}

test.each(kinds)("of a give that a kill cut off before its note, a take leaves nothing ($kind)", async ({ userns }) => {
  container = await startSpecial({ userns, prepare: "mount -t tmpfs -o mode=755 none /run" });
  const target = targetFor(container);
  const killed = snapshotBeforeMade(bench.devnode);
  expect(await bench.give(target, NODE, { audience: "none" })).toBe("done");
  killed.end();
  expect((await left()).split("\n").sort()).toEqual([
    "/dev/by/zero",
    "/dev/our",
    "/dev/our/zero",
    "/run/udev/data/c1:5",
  ]);
  const next = openWorkbench(killed.directory);
  expect(next.devnode.registry.get(target.instance, ZERO.devpath)?.state).toBe("making");
  // Where it is a bind, its tmpfs is the other workbench's.
  Object.defineProperty(next.devnode.hostNodes, "device", { value: bench.devnode.hostNodes.device });
  expect(await next.take(target)).toBe("done");
  expect(await left()).toBe("");
  await next.close();
  await bench.take(target);
});

test("a node of the host's that looks like it stays, where the container has covered the place with the host's /dev", async () => {
  container = await startSpecial({ userns: false, prepare: "mkdir /mnt/input /mnt/host" });
  const target = targetFor(container);
  const lure = `/dev/udevns-lure-${process.pid}`;
  const killed = snapshotBeforeMade(bench.devnode);
  expect(await bench.give(target, zeroAt(`input/${basename(lure)}`))).toBe("done");
  killed.end();
  execFileSync("mknod", ["-m", "660", lure, "c", "1", "5"]);
  try {
    await inside(container, "mount -t devtmpfs none /dev/host; mount --bind /dev/host /dev/input");
    expect(await lookAt(container, `/dev/input/${basename(lure)}`)).toBe("character special file 1:5");
    const next = openWorkbench(killed.directory);
    expect(await next.take(target)).toBe("done");
    expect(existsSync(lure)).toBe(true);
    await next.close();
  } finally {
    rmSync(lure, { force: true });
    await bench.take(target);
  }
});

test.each(kinds)(
  "and so does the order itself, which comes again when its device is gone ($kind)",
  async ({ userns }) => {
    container = await startSpecial({ userns });
    const target = targetFor(container);
    const killed = snapshotBeforeMade(bench.devnode);
    expect(await bench.give(target, NODE)).toBe("done");
    killed.end();
    const next = openWorkbench(killed.directory);
    Object.defineProperty(next.devnode.hostNodes, "device", { value: bench.devnode.hostNodes.device });
    const unplugged = { ...NODE, devnum: { type: "c", major: 1, minor: 2 } } as const;
    expect(await next.give(target, unplugged)).toBe("done");
    expect(await left()).toBe("");
    await next.close();
    await bench.take(target);
  },
);

test.each(kinds)(
  "a node that was made when the next step never came back goes, once it does ($kind)",
  async ({ userns }) => {
    container = await startSpecial({ userns });
    const target = targetFor(container);
    const release = await mountSilentDirectory(container, "/dev/stuck");
    expect(await bench.give(target, zeroAt("zeroed", { links: ["stuck/zero"] }))).toBe("UDEVNS_E_NODE_FS");
    expect(registry.get(target.instance, ZERO.devpath)).toMatchObject({ state: "taking", unheard: true });
    // The take that ends it begins at once, and with the node.
    expect(await lookAt(container, "/dev/zeroed")).toBe("");
    expect(await bench.take(target).then((outcome) => [outcome, registry.takings().length])).toEqual([
      "UDEVNS_E_NODE_FS",
      1,
    ]);
    release();
    await until(async () => (await bench.take(target)) === "done", "the take");
    expect(registry.get(target.instance, ZERO.devpath)).toBeUndefined();
  },
);

/** Runs while steps are noted and not yet begun. */
function beforeTheSteps(run: () => void): { end(): void } {
  const record = registry.record.bind(registry);
  registry.record = (line) => {
    record(line);
    if ("made" in line && line.made.traces !== undefined) run();
  };
  return { end: () => delete (registry as Partial<typeof registry>).record };
}

test("a permission that could not be taken back is tried for until it can", async () => {
  container = await startSpecial({ userns: false });
  const target = targetFor(container);
  const { permissions } = bench.devnode;
  const denied: boolean[] = [];
  let answers = false;
  const silent = {
    isNeeded: async () => true,
    deny: async () => {
      denied.push(answers);
      if (!answers) throw new Error("its cgroup does not answer");
    },
  };
  const cut = beforeTheSteps(() => {
    throw new Error("cut off");
  });
  Object.assign(bench.devnode, { permissions: silent });
  try {
    expect(await bench.give(target, zeroAt("fenced"))).toBe("UDEVNS_E_NODE_FS");
    const permission = { type: "c", major: 1, minor: 5 };
    expect(registry.get(target.instance, ZERO.devpath)).toMatchObject({ state: "taking", permission });
    answers = true;
    expect(await bench.take(target)).toBe("done");
    expect(denied).toEqual([false, true]);
  } finally {
    cut.end();
    Object.assign(bench.devnode, { permissions });
  }
});

test.each(kinds)(
  "a number that is no longer the device's when its node is made is taken back ($kind)",
  async ({ userns }) => {
    container = await startSpecial({ userns });
    const target = targetFor(container);
    const zram = plugZram();
    const [major, minor] = readFileSync(`/sys${zram.devpath}/dev`, "utf8").trim().split(":").map(Number);
    const devnum = { type: "b", major: major as number, minor: minor as number } as const;
    const disk = device(zram.devpath, { devname: zram.name, devnum });
    const unplugged = beforeTheSteps(() => zram.unplug());
    expect(await bench.give(target, nodeSpec("late", { devnum }), { device: disk })).toBe("done");
    unplugged.end();
    expect(await lookAt(container, "/dev/late")).toBe("");
    expect(registry.get(target.instance, zram.devpath)).toMatchObject({ state: "made", spec: "null" });
    await bench.take(target, zram.devpath);
  },
);
