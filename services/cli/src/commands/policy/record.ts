import { recordDevice } from "@udevns/policy";
import { UdevnsError } from "@udevns/protocol";
import type { CommandContext } from "../../command.ts";
import { findUnit } from "../../find-unit.ts";
import { readDevices } from "../../levels.ts";
import { databaseOf } from "../../world.ts";

/** `udevns policy record DEVICE [--mask-serials]`: its unit and what is above it, for a test case or a bug report. */
export async function record(
  { bus, host, out }: CommandContext,
  device: string,
  { maskSerials }: { maskSerials: boolean },
): Promise<number> {
  const db = databaseOf(await readDevices(bus, host));
  const text = recordDevice(db, findUnit(db, host, device).root, { maskSerials });
  if (text === undefined) throw new UdevnsError("UDEVNS_E_DEVICE_UNKNOWN", { device, host });
  out.print({ devices: text }, () => text.trimEnd());
  return 0;
}
