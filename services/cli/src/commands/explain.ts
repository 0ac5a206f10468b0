import { explain as explainUnit, formatExplanation } from "@udevns/policy";
import type { CommandContext } from "../command.ts";
import { findUnit } from "../find-unit.ts";
import { inputFor, readWorld } from "../world.ts";

/** `udevns explain DEVPATH|UNIT`: each rule in order with the first condition that failed, or the winner and what it gives. */
export async function explain({ bus, host, out }: CommandContext, device: string): Promise<number> {
  const world = await readWorld(bus, host);
  const explanation = explainUnit(inputFor(world, findUnit(world.db, host, device)));
  out.print(explanation, formatExplanation);
  return 0;
}
