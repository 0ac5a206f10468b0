import { afterAll, afterEach, expect, test } from "@jest/globals";
import type { Throwaway } from "../support/throwaway.ts";
import { inside, kinds, lookAt, startSpecial } from "./support/containers.ts";
import { openWorkbench, targetFor, zeroAt } from "./support/workbench.ts";

const bench = openWorkbench();
let container: Throwaway;
afterEach(() => container?.stop());
afterAll(() => bench.close());

test.each(kinds)("a read-only /dev is refused, and holds nothing afterwards ($kind)", async ({ userns }) => {
  container = await startSpecial({ userns, prepare: "mount -n -o bind,remount,ro none /mnt" });
  const target = targetFor(container);
  expect(await bench.give(target, zeroAt("ours/zero"))).toBe("UDEVNS_E_NODE_FS");
  expect(await lookAt(container, "/dev/ours")).toBe("");
  expect(bench.devnode.registry.of(target.instance)).toEqual([]);
});

test.each(kinds)(
  "a full /dev is refused; when there is room again the next try succeeds ($kind)",
  async ({ userns }) => {
    container = await startSpecial({ userns, options: "mode=755,size=1m,nr_inodes=9" });
    const target = targetFor(container);
    await container.run("for n in 1 2 3 4 5 6 7 8 9; do : > /dev/fill$n; done");
    expect(await bench.give(target, zeroAt("zero-1"))).toBe("UDEVNS_E_NODE_FS");
    expect(await lookAt(container, "/dev/zero-1")).toBe("");
    await inside(container, "rm /dev/fill*");
    expect(await bench.give(target, zeroAt("zero-1"))).toBe("done");
    expect(await bench.take(target)).toBe("done");
  },
);

test.each(kinds)("on a nosuid, nodev, noexec /dev the node opens all the same ($kind)", async ({ userns }) => {
  container = await startSpecial({ userns, options: "mode=755,size=1m,nosuid,nodev,noexec" });
  expect(await bench.give(targetFor(container), zeroAt("ours"))).toBe("done");
  expect(await inside(container, "head -c 3 /dev/ours | wc -c")).toBe("3");
});

test.each(kinds)(
  "a /dev that is covered after the node was made hides it; both are left in order ($kind)",
  async ({ userns }) => {
    container = await startSpecial({ userns });
    const target = targetFor(container);
    expect(await bench.give(target, zeroAt("ours"))).toBe("done");
    await inside(container, "mount -t tmpfs -o mode=755 cover /dev && echo theirs > /dev/ours");
    expect(await bench.take(target)).toBe("done");
    expect(await inside(container, "cat /dev/ours")).toBe("theirs");
  },
);
