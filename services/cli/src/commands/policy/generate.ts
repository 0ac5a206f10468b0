import { generatePolicy } from "@udevns/policy";
import type { CommandContext } from "../../command.ts";
import { readDevices } from "../../levels.ts";
import { databaseOf } from "../../world.ts";

/** `udevns policy generate [--container NAME]`: rules for what is plugged in now, to be corrected by hand. */
export async function generate({ bus, host, out }: CommandContext, options: { container?: string }): Promise<number> {
  const text = generatePolicy(databaseOf(await readDevices(bus, host)), options);
  out.print({ policy: text }, () => text.trimEnd());
  return 0;
}
