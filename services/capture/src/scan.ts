import { type Dirent, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";

export const SYSFS = "/sys";

/** A device as /sys shows it. */
export interface PresentDevice {
  readonly devpath: string;
  readonly subsystem: string;
  /** Lines of its `uevent` file. */
  readonly properties: Record<string, string>;
}

/** Every device below /sys/devices, parents before children. */
export function scanDevices(sysfs: string): PresentDevice[] {
  const found: PresentDevice[] = [];
  walk(sysfs, "/devices", found);
  return found;
}

/** The kernel's counter of uevents. */
export const readSeqnum = (sysfs: string): number => Number(readFileSync(join(sysfs, "kernel/uevent_seqnum"), "utf8"));

function walk(sysfs: string, devpath: string, found: PresentDevice[]): void {
  const directory = join(sysfs, devpath);
  const entries = list(directory);
  const names = new Set(entries.map((entry) => entry.name));
  if (names.has("uevent") && names.has("subsystem")) {
    const device = readDevice(directory, devpath);
    if (device !== undefined) found.push(device);
  }
  for (const entry of entries) if (entry.isDirectory()) walk(sysfs, `${devpath}/${entry.name}`, found);
}

function readDevice(directory: string, devpath: string): PresentDevice | undefined {
  try {
    const subsystem = basename(readlinkSync(join(directory, "subsystem")));
    const lines = readFileSync(join(directory, "uevent"), "utf8").split("\n");
    const pairs = lines
      .filter((line) => line.indexOf("=") > 0)
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
    return { devpath, subsystem, properties: Object.fromEntries(pairs) };
  } catch {
    // It went away while we looked; its `remove` is on its way.
    return undefined;
  }
}

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
