import type { DeviceRecord } from "@udevns/protocol";
import { byTree, isBelowOrSame } from "./path.ts";

export interface DeviceDifference {
  /** Parents first. */
  readonly added: readonly DeviceRecord[];
  /** As they are now, parents first. */
  readonly changed: readonly DeviceRecord[];
  /** As they were said to be, children first. */
  readonly removed: readonly DeviceRecord[];
}

/**
 * What a scan found against what was said before.
 * A device that was exchanged for another on the same path (unplugged and plugged again unseen) is in `removed` and in `added`,
 * with all that hangs below it.
 */
export function diffDevices(said: Iterable<DeviceRecord>, present: Iterable<DeviceRecord>): DeviceDifference {
  const before = byPath(said);
  const now = byPath(present);
  const added: DeviceRecord[] = [];
  const changed: DeviceRecord[] = [];
  const removed: DeviceRecord[] = [];
  let exchanged: string | undefined;
  for (const devpath of [...new Set([...before.keys(), ...now.keys()])].sort(byTree)) {
    const old = before.get(devpath);
    const device = now.get(devpath);
    const below = exchanged !== undefined && isBelowOrSame(devpath, exchanged);
    if (!below && old !== undefined && device !== undefined && !isSameThing(old, device)) exchanged = devpath;
    const anew = below || exchanged === devpath;
    if (old !== undefined && (device === undefined || anew)) removed.push(old);
    if (device !== undefined && (old === undefined || anew)) added.push(device);
    if (old !== undefined && device !== undefined && !anew && !isSameState(old, device)) changed.push(device);
  }
  return { added, changed, removed: removed.reverse() };
}

const byPath = (records: Iterable<DeviceRecord>): Map<string, DeviceRecord> =>
  new Map(Array.from(records, (record) => [record.devpath, record]));

/** These are given anew each time that the kernel makes such a device, and stay while it lives. */
const lifeLong = [
  "BUSNUM",
  "DEVNUM",
  "PRODUCT",
  "DISKSEQ",
  "IFINDEX",
  "HID_ID",
  "HID_UNIQ",
  "NAME",
  "UNIQ",
  "MAJOR",
  "MINOR",
];

const isSameThing = (a: DeviceRecord, b: DeviceRecord): boolean =>
  a.boot === b.boot &&
  a.subsystem === b.subsystem &&
  lifeLong.every((name) => a.properties[name] === b.properties[name]);

/** True where two records say the same of a device, however they came to be known. */
export const isSameState = (a: DeviceRecord, b: DeviceRecord): boolean => state(a) === state(b);

/** All of a record but how it came to be known. */
function state(record: DeviceRecord): string {
  const { properties, attributes, udev } = record;
  return JSON.stringify([
    sorted(properties),
    sorted(attributes),
    udev && [sorted(udev.properties), [...udev.tags].sort(), [...udev.links].sort()],
  ]);
}

const sorted = (map: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
