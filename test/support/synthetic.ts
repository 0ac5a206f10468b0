import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";

/**
 * Makes the kernel send a uevent of a device, numbered so that a listener can tell it from others
 * (Documentation/ABI/testing/sysfs-uevent).
 */
export function pokeUevent(devpath: string, number: number, action = "change"): void {
  writeFileSync(`/sys${devpath}/uevent`, `${action} ${randomUUID()} N=${number}`);
}

/** `add`, `remove`, or `change 7` for an event that `pokeUevent` caused. */
export function labelOf({ action, properties }: { action: string; properties: Record<string, string> }): string {
  const number = properties.SYNTH_ARG_N;
  return number === undefined ? action : `${action} ${number}`;
}
