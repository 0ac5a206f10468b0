import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Throwaway } from "../support/throwaway.ts";
import { startAttack } from "./support/attacker.ts";
import { kinds, lookAt, startSpecial } from "./support/containers.ts";
import { type Lure, layLure } from "./support/lure.ts";
import { openWorkbench, targetFor, zeroAt } from "./support/workbench.ts";

// systemd#34243: with the host's /dev in the container, the container's start gave the host's node another owner.

const PATIENCE_MS = 60_000;
const bench = openWorkbench();
/** A directory of the host's own /dev. */
let ofHost: Lure;
let container: Throwaway;
beforeEach(() => {
  ofHost = layLure("/dev");
});
afterEach(async () => {
  await container?.stop();
  ofHost.remove();
});
afterAll(() => bench.close());

test.each(kinds)("in a directory of the host's /dev no node is made ($kind)", async ({ userns }) => {
  container = await startSpecial({ userns, prepare: `mkdir /mnt/input; mount --bind ${ofHost.path} /mnt/input` });
  expect(await bench.give(targetFor(container), zeroAt("input/event7"))).toBe("UDEVNS_E_NODE_HOST_DEV");
  expect(ofHost.wasTouched()).toBe(false);
});

test.each(kinds)("nor a link, while the node lies in the container's own ($kind)", async ({ userns }) => {
  container = await startSpecial({ userns, prepare: `mkdir /mnt/disk; mount --bind ${ofHost.path} /mnt/disk` });
  const node = zeroAt("ours", { links: ["disk/by-id/ours", "disk/ours"] });
  expect(await bench.give(targetFor(container), node)).toBe("done");
  expect(ofHost.wasTouched()).toBe(false);
  expect(await lookAt(container, "/dev/ours")).toBe("character special file 1:5");
});

test.each(kinds)("nor where it is put between our look and our step ($kind)", async ({ userns }) => {
  container = await startSpecial({
    userns,
    prepare: `mkdir /mnt/input /mnt/seen; mount --bind ${ofHost.path} /mnt/seen`,
  });
  const target = targetFor(container);
  const attack = await startAttack(container, "cover", "/dev/seen", "/dev/input");
  const seen = new Set<string>();
  // Fifty, and then until the attack has come first and last at least once.
  const end = Date.now() + PATIENCE_MS;
  for (let round = 0; round < 50 || (seen.size < 2 && Date.now() < end); round += 1) {
    seen.add(await bench.give(target, zeroAt(`input/event${round}`)));
    await bench.take(target);
  }
  await attack.stop();
  expect(ofHost.wasTouched()).toBe(false);
  expect([...seen]).toEqual(expect.arrayContaining(["done", "UDEVNS_E_NODE_HOST_DEV"]));
});
