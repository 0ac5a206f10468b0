import { plugZram, type Zram } from "../support/zram.ts";

const plugged = new Set<Zram>();
let watching = false;

/** So many disks; those that are still there when this process ends, by a signal too, go then. */
export function plugZrams(count: number): Zram[] {
  if (!watching) process.once("exit", () => unplugZrams([...plugged]));
  watching = true;
  return Array.from({ length: count }, () => {
    const zram = plugZram();
    plugged.add(zram);
    return zram;
  });
}

export function unplugZrams(zrams: readonly Zram[]): void {
  for (const zram of zrams) {
    zram.unplug();
    plugged.delete(zram);
  }
}
