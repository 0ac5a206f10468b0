import { join } from "node:path";
import { readAttributes as readFiles } from "@udevns/native";
import { formatInterfaces } from "./usb-interfaces.ts";

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

/** The file that tells a USB device's interfaces; all its configurations are in it. */
const DESCRIPTORS = "descriptors";
const MAX_DESCRIPTORS_BYTES = 65_536;

/** @returns the device's attributes that there are; empty when the device is gone already */
export function readAttributes(
  sysfs: string,
  devpath: string,
  subsystem: string,
  extra: readonly string[],
): Record<string, string> {
  const names = [...(bySubsystem.get(subsystem) ?? []), ...extra.filter(staysInside)];
  const isUsb = subsystem === "usb";
  const files = isUsb ? [...names, DESCRIPTORS] : names;
  if (files.length === 0) return {};
  const values = readFiles(join(sysfs, devpath), files, isUsb ? MAX_DESCRIPTORS_BYTES : MAX_VALUE_BYTES);
  const attributes: Record<string, string> = {};
  const descriptors = isUsb ? values[names.length] : undefined;
  const interfaces = descriptors && formatInterfaces(descriptors);
  if (interfaces !== undefined) attributes.interfaces = interfaces;
  for (const [at, name] of names.entries()) {
    const value = values[at];
    if (value !== undefined && value.length <= MAX_VALUE_BYTES) attributes[name] = textOf(value);
  }
  return attributes;
}

const textOf = (value: Buffer): string => value.toString("utf8").replace(/[\0\n]+$/, "");

/** What a rule names is read as root and published: it shall not lead out of the device's own directory. */
const staysInside = (name: string): boolean =>
  !name.includes("\0") && name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
