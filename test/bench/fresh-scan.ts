import { DeviceDatabase, diffDevices } from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";
import { bootId } from "@udevns/service";
import { readAttributes } from "../../services/capture/src/attributes.ts";
import { scannedMessage } from "../../services/capture/src/message.ts";
import { scanDevices } from "../../services/capture/src/scan.ts";

const SYSFS = "/sys";

/** The devices as /sys shows them now, read by nobody who knows them from before. */
export function freshScan(): DeviceRecord[] {
  const database = new DeviceDatabase();
  const speaker = { host: "bench", boot: bootId() };
  for (const device of scanDevices(SYSFS)) {
    const attributes = readAttributes(SYSFS, device.devpath, device.subsystem, []);
    const extras = { attributes, udev: undefined, hops: {} };
    database.apply(scannedMessage(speaker, "add", device, { seqnum: 0, nonce: "", index: 0 }, extras));
  }
  return [...database.all()];
}

/** How many devices two views do not have in common, but for what the host's udev says, which comes in its own time. */
export function countDifferences(a: readonly DeviceRecord[], b: readonly DeviceRecord[]): number {
  const { added, removed, changed } = diffDevices(a.map(withoutUdev), b.map(withoutUdev));
  return added.length + removed.length + changed.length;
}

const withoutUdev = ({ udev: _, ...record }: DeviceRecord): DeviceRecord => record;
