import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Throwaway } from "../support/throwaway.ts";
import { kinds, startInRoot } from "./support/containers.ts";
import { type Lure, layLure } from "./support/lure.ts";
import { openWorkbench, targetFor, zeroAt } from "./support/workbench.ts";

// CVE-2013-6456 (libvirt_lxc), CVE-2026-47766 (crun): /dev leads to a directory of the host, and nodes appear there.

const bench = openWorkbench();
let lure: Lure;
let container: Throwaway;
beforeEach(() => {
  lure = layLure();
});
afterEach(async () => {
  await container?.stop();
  lure.remove();
});
afterAll(() => bench.close());

const places = [
  { what: "/dev", prepare: "ln -s /lure $root/dev" },
  { what: "/dev, by its absolute path on the host,", prepare: "ln -s HOST $root/dev" },
  { what: "a directory below /dev", prepare: "mkdir $root/dev; ln -s /lure $root/dev/input" },
];
const cases = kinds.flatMap((kind) => places.map((place) => ({ ...kind, ...place })));

test.each(cases)("nothing is made behind $what that is a symlink ($kind)", async ({ userns, prepare }) => {
  const mountLure = `mkdir $root/lure; mount --bind ${lure.path} $root/lure`;
  container = await startInRoot({ userns, prepare: `${mountLure}\n${prepare.replace("HOST", lure.path)}` });
  const refused = await bench.give(targetFor(container), zeroAt("input/event7"));
  expect(refused).toBe("UDEVNS_E_NODE_FS");
  expect(lure.wasTouched()).toBe(false);
});
