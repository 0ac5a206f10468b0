import type { Place } from "./place.ts";

export interface SysfsCount {
  /** Directories, files and links below the device's own directory. */
  readonly below: number;
  /** Links elsewhere in sysfs, under class, bus and dev, that lead there. */
  readonly elsewhere: number;
}

/** How much sysfs one device makes. */
export async function countSysfs(place: Place, devpath: string): Promise<SysfsCount> {
  const text = await place.sh(`
    find /sys${devpath} | wc -l
    find /sys/class /sys/bus /sys/dev -type l | xargs readlink -f | grep -c '^/sys${devpath}\\(/\\|$\\)'`);
  const [below = 0, elsewhere = 0] = text.trim().split("\n").map(Number);
  return { below, elsewhere };
}
