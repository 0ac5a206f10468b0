import { afterAll, afterEach, describe, expect, test } from "@jest/globals";
import type { Throwaway } from "../support/throwaway.ts";
import { inside, kinds, lookAt, startSpecial } from "./support/containers.ts";
import { openWorkbench, targetFor, zeroAt } from "./support/workbench.ts";

const bench = openWorkbench();
let container: Throwaway;
afterEach(() => container?.stop());
afterAll(() => bench.close());

describe.each(kinds)("root in a $kind container", ({ userns }) => {
  test("may delete a node: it can be taken and given again", async () => {
    container = await startSpecial({ userns });
    const target = targetFor(container);
    await bench.give(target, zeroAt("ours"));
    await inside(container, "umount /dev/ours 2>/dev/null; rm /dev/ours");
    expect(await bench.take(target)).toBe("done");
    expect(await bench.give(target, zeroAt("ours"))).toBe("done");
    expect(await lookAt(container, "/dev/ours")).toBe("character special file 1:5");
  });

  test("may change owner and mode of its node, and of no other", async () => {
    container = await startSpecial({ userns });
    const target = targetFor(container);
    await bench.give(target, zeroAt("ours", { mode: 0o640 }));
    const onHost = await inside(container, "stat -c '%a %u' /dev/zero");
    await inside(container, "chmod 777 /dev/ours; chown 5:6 /dev/ours");
    expect(await inside(container, "stat -c '%a %u' /dev/zero")).toBe(onHost);
    expect(await bench.take(target)).toBe("done");
    expect(await lookAt(container, "/dev/ours")).toBe("");
  });

  test("may put a node of its own in the place of ours: that one is left alone", async () => {
    container = await startSpecial({ userns });
    const target = targetFor(container);
    await bench.give(target, zeroAt("ours"));
    await inside(container, "umount /dev/ours 2>/dev/null; rm /dev/ours; mknod /dev/ours c 1 5 || touch /dev/ours");
    const theirs = await inside(container, "stat -c %i /dev/ours");
    expect(await bench.take(target)).toBe("done");
    expect(await inside(container, "stat -c %i /dev/ours")).toBe(theirs);
  });

  test("may lay its own /proc over ours: what is made is made in the right place", async () => {
    // CVE-2015-1334 (LXC): a process that enters a container believes the container's /proc.
    container = await startSpecial({ userns });
    await inside(container, "mount -t tmpfs none /proc && mkdir -p /proc/self && ln -s /tmp /proc/self/fd");
    expect(await bench.give(targetFor(container), zeroAt("ours", { mode: 0o604 }))).toBe("done");
    expect(await inside(container, "stat -c '%a %Hr:%Lr' /dev/ours")).toBe("604 1:5");
  });
});

test("a copy of a node that is hidden elsewhere opens no more once the device is taken", async () => {
  // No cgroup keeps this container from anything: what it holds on to is the node itself.
  container = await startSpecial({ userns: true, prepare: "mkdir /mnt/hidden; : > /mnt/hidden/copy" });
  const target = targetFor(container);
  await bench.give(target, zeroAt("ours"));
  await inside(container, "mount --bind /dev/ours /dev/hidden/copy && chmod 666 /dev/hidden/copy");
  expect(await inside(container, "head -c 3 /dev/hidden/copy | wc -c")).toBe("3");
  expect(await bench.take(target)).toBe("done");
  expect((await container.run("head -c 3 /dev/hidden/copy")).stderr).toMatch(/Permission denied/);
});
