import { DeviceDatabase, type DeviceDifference, diffDevices, isBelowOrSame } from "@udevns/devices";
import type { DeviceRecord, UdevInfo } from "@udevns/protocol";
import { type ScannedDevice, type Speaker, scannedMessage } from "./message.ts";

/** The record that policy will have of a device that a scan found. */
export function presentRecord(
  speaker: Speaker,
  device: ScannedDevice,
  seqnum: number,
  attributes: Record<string, string>,
  udev: UdevInfo | undefined,
): DeviceRecord {
  const database = new DeviceDatabase();
  database.apply(
    scannedMessage(speaker, "add", device, { seqnum, nonce: "", index: 0 }, { attributes, udev, hops: {} }),
  );
  return database.get(device.devpath) as DeviceRecord;
}

export interface Found {
  /** To be said. */
  readonly difference: DeviceDifference;
  /** Differences that are left out, and that nobody may tell. */
  readonly withheld: number;
}

/**
 * What a scan found otherwise than it was said, less what the kernel spoke of meanwhile: that is the kernel's to tell.
 * What is said of such a device itself is newer than what the scan saw. Of what is above or below it the kernel may have told as
 * well, or not: only another look shows that.
 */
export function foundDifference(
  said: Iterable<DeviceRecord>,
  present: readonly DeviceRecord[],
  meanwhile: ReadonlySet<string>,
): Found {
  const { added, removed, changed } = diffDevices(said, present);
  const ours = ({ devpath }: DeviceRecord) => ![...meanwhile].some((heard) => areRelated(heard, devpath));
  const difference = { added: added.filter(ours), removed: removed.filter(ours), changed: changed.filter(ours) };
  const open = [...added, ...removed, ...changed].filter((device) => !ours(device) && !meanwhile.has(device.devpath));
  return { difference, withheld: open.length };
}

/** One is the other, or above it: a word about a parent may be about all that hangs below. */
const areRelated = (a: string, b: string): boolean => isBelowOrSame(a, b) || isBelowOrSame(b, a);
