import { existsSync } from "node:fs";
import { afterAll, afterEach, describe, expect, test } from "@jest/globals";
import type { Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { inside, kinds, lookAt, startInRoot, startSpecial } from "./support/containers.ts";
import { type Lure, layLure } from "./support/lure.ts";
import { openWorkbench, targetFor, zeroAt } from "./support/workbench.ts";

// What was seen in a container the last time is gone by only where the visit that makes the node finds it so.

const bench = openWorkbench();
const { looks } = bench.devnode;
let container: Throwaway;
let lure: Lure | undefined;
afterEach(async () => {
  await container?.stop();
  lure?.remove();
  lure = undefined;
});
afterAll(() => bench.close());

const NODE = zeroAt("input/udevns-zero", { group: "radio" });

/** Gives and takes until devnode goes by what it has seen. */
async function giveUntilRemembered(node = NODE): Promise<void> {
  const { instance } = targetFor(container);
  await until(async () => {
    await giveAndTake(node);
    return looks.recall(instance, node) !== undefined;
  }, "a look to be remembered");
}

async function giveAndTake(node = NODE): Promise<string> {
  const target = targetFor(container);
  const outcome = await bench.give(target, node);
  if (outcome === "done") await bench.take(target);
  return outcome;
}

describe.each(kinds)("in a $kind container", ({ userns }) => {
  test("a /dev/input that is a symlink by now is not followed", async () => {
    lure = layLure();
    container = await startSpecial({ userns, prepare: "mkdir /mnt/input" });
    await giveUntilRemembered();
    await inside(container, `rmdir /dev/input; ln -s ${lure.path} /dev/input`);
    expect(["UDEVNS_E_NODE_FS", "UDEVNS_E_NODE_EXISTS"]).toContain(await giveAndTake());
    expect(lure.wasTouched()).toBe(false);
  });

  test("in another /dev by now the node is made where that has it", async () => {
    container = await startSpecial({ userns, prepare: "mkdir /mnt/input" });
    await giveUntilRemembered();
    await inside(container, "mount -t tmpfs -o mode=755 none /dev");
    expect(await bench.give(targetFor(container), NODE)).toBe("done");
    expect(await lookAt(container, "/dev/input/udevns-zero")).toBe("character special file 1:5");
    await bench.take(targetFor(container));
    expect(await lookAt(container, "/dev/input")).toBe("");
  });

  test("what was refused the last time is looked at anew", async () => {
    container = await startSpecial({ userns, prepare: "mkdir /mnt/input" });
    await inside(container, "mount -o remount,bind,ro /dev");
    expect(await giveAndTake(zeroAt("input/udevns-zero"))).toBe("UDEVNS_E_NODE_FS");
    await inside(container, "mount -o remount,bind,rw /dev");
    expect(await giveAndTake(zeroAt("input/udevns-zero"))).toBe("done");
  });

  test("a file in the node's place is said to be there", async () => {
    container = await startSpecial({ userns, prepare: "mkdir /mnt/input" });
    await giveUntilRemembered();
    await inside(container, "echo precious > /dev/input/udevns-zero");
    expect(await giveAndTake()).toBe("UDEVNS_E_NODE_EXISTS");
    expect(await inside(container, "cat /dev/input/udevns-zero")).toBe("precious");
  });

  test("a group that has another number by now gets the node under that", async () => {
    const prepare = "mkdir -p $root/dev/input $root/etc; : > $root/etc/passwd; echo radio:x:7: > $root/etc/group";
    container = await startInRoot({ userns, prepare });
    await giveUntilRemembered();
    const groupOf = async () => {
      expect(await bench.give(targetFor(container), NODE)).toBe("done");
      const gid = await inside(container, "stat -c %g /mnt/dev/input/udevns-zero");
      await bench.take(targetFor(container));
      return gid;
    };
    expect(await groupOf()).toBe("7");
    await inside(container, "echo radio:x:8: > /mnt/etc/group");
    expect(await groupOf()).toBe("8");
  });
});

test("a host's directory that covers /dev/input by now is refused", async () => {
  container = await startSpecial({ userns: false, prepare: "mkdir /mnt/input" });
  await giveUntilRemembered();
  await inside(container, "mkdir /dev/was; mount -t devtmpfs none /dev/was && mount --bind /dev/was /dev/input");
  expect(await giveAndTake()).toBe("UDEVNS_E_NODE_HOST_DEV");
  expect(existsSync("/dev/udevns-zero")).toBe(false);
});
