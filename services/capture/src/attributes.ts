import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readUsbInterfaces } from "./usb-interfaces.ts";

/** Attributes by subsystem: few enough to read with each event, enough to tell one device from another. */
const bySubsystem = new Map<string, readonly string[]>(
  Object.entries({
    usb: [
      "idVendor",
      "idProduct",
      "bcdDevice",
      "serial",
      "manufacturer",
      "product",
      "busnum",
      "devnum",
      "bDeviceClass",
      "bNumInterfaces",
      "bInterfaceNumber",
      "bInterfaceClass",
      "bInterfaceSubClass",
      "bInterfaceProtocol",
      "interface",
      "removable",
    ],
    input: ["name", "phys", "uniq", "properties"],
    hid: ["country"],
    pci: ["vendor", "device", "subsystem_vendor", "subsystem_device", "class", "label"],
    block: ["removable", "ro", "size", "partition"],
    scsi: ["vendor", "model", "type"],
    net: ["address", "type", "dev_id", "dev_port"],
    sound: ["id", "number"],
    drm: ["status"],
    video4linux: ["name", "index"],
    tty: ["type"],
    bluetooth: ["name", "address"],
  }),
);

/** Longest value that is kept; what is longer is no identification. */
const MAX_VALUE_BYTES = 4096;

/** @returns the device's attributes that there are; empty when the device is gone already */
export function readAttributes(
  sysfs: string,
  devpath: string,
  subsystem: string,
  extra: readonly string[],
): Record<string, string> {
  const directory = join(sysfs, devpath);
  const attributes: Record<string, string> = {};
  const interfaces = subsystem === "usb" ? readUsbInterfaces(directory) : undefined;
  if (interfaces !== undefined) attributes.interfaces = interfaces;
  for (const name of [...(bySubsystem.get(subsystem) ?? []), ...extra.filter(staysInside)]) {
    const value = readAttribute(join(directory, name));
    if (value !== undefined) attributes[name] = value;
  }
  return attributes;
}

/** What a rule names is read as root and published: it shall not lead out of the device's own directory. */
const staysInside = (name: string): boolean =>
  name.split("/").every((part) => part !== "" && part !== "." && part !== "..");

function readAttribute(path: string): string | undefined {
  // Most attributes of a table are missing on any one device, and a thrown ENOENT costs more than the whole read.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  try {
    const value = readFileSync(path);
    return value.length > MAX_VALUE_BYTES ? undefined : value.toString("utf8").replace(/[\0\n]+$/, "");
  } catch {
    // The device went away, or the driver does not answer: both are "not known".
    return undefined;
  }
}
