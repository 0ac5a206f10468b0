import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Throwaway } from "../support/throwaway.ts";
import { startAttack } from "./support/attacker.ts";
import { kinds, startSpecial } from "./support/containers.ts";
import { type Lure, layLure } from "./support/lure.ts";
import { openWorkbench, targetFor, zeroAt } from "./support/workbench.ts";

// The race behind CVE-2021-30465 (runc) and CVE-2013-6456: what was looked at is something else when it is used.

/** Enough that the loop has changed the name between every two of our steps. */
const ROUNDS = 50;
const PATIENCE_MS = 60_000;
/** It is refused where the symlink was seen, and done where the directory was. */
const fair = new Set(["done", "UDEVNS_E_NODE_FS", "UDEVNS_E_NODE_EXISTS"]);

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

/** @param kinds goes on until so many different things have come of it: on a quiet machine the loop may always come too late, or never */
async function giveAndTake(kinds = 1): Promise<Map<string, number>> {
  const target = targetFor(container);
  const seen = new Map<string, number>();
  const end = Date.now() + PATIENCE_MS;
  for (let round = 0; round < ROUNDS || (seen.size < kinds && Date.now() < end); round += 1) {
    const outcome = await bench.give(target, zeroAt(`input/event${round}`));
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    if (outcome === "done") await bench.take(target);
  }
  return seen;
}

test.each(kinds)("/dev/input swapped for a symlink to the host while nodes are made ($kind)", async ({ userns }) => {
  container = await startSpecial({ userns, prepare: `mkdir /mnt/input; ln -s ${lure.path} /mnt/evil` });
  const attack = await startAttack(container, "exchange", "/dev/input", "/dev/evil");
  const outcomes = await giveAndTake(2);
  await attack.stop();
  expect(lure.wasTouched()).toBe(false);
  expect([...outcomes.keys()].filter((code) => !fair.has(code))).toEqual([]);
  expect(outcomes.size).toBeGreaterThan(1);
});

test.each(kinds)("/dev/input covered with a directory of the host while nodes are made ($kind)", async ({ userns }) => {
  container = await startSpecial({ userns, prepare: "mkdir /mnt/input" });
  const attack = await startAttack(container, "cover", lure.path, "/dev/input");
  const outcomes = await giveAndTake();
  await attack.stop();
  if (userns) expect(lure.wasTouched()).toBe(false);
  expect([...outcomes.keys()]).toContain("done");
});
