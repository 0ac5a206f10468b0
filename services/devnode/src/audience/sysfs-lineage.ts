import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import type { Lineage } from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";

/** What tells one device from another, of those above it. */
const ATTRIBUTES = ["idVendor", "idProduct", "serial", "manufacturer", "product", "bInterfaceNumber"];

/** The devices above one, as /sys has them now, nearest first. An order carries the device alone. */
export const sysfsLineage = (device: DeviceRecord, sysfs = "/sys"): Lineage => ({
  *ancestors(devpath) {
    for (let at = parentOf(devpath); at !== "/devices" && at !== ""; at = parentOf(at)) {
      const found = read(device, sysfs, at);
      if (found !== undefined) yield found;
    }
  },
});

const parentOf = (devpath: string): string => devpath.slice(0, devpath.lastIndexOf("/"));

function read({ host, boot }: DeviceRecord, sysfs: string, devpath: string): DeviceRecord | undefined {
  const directory = join(sysfs, devpath);
  const text = textOf(join(directory, "uevent"));
  if (text === undefined) return undefined;
  let subsystem: string;
  try {
    subsystem = basename(readlinkSync(join(directory, "subsystem")));
  } catch {
    return undefined;
  }
  const properties = Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.indexOf("=") > 0)
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const attributes = Object.fromEntries(
    ATTRIBUTES.flatMap((name) => {
      const value = textOf(join(directory, name));
      return value === undefined ? [] : [[name, value.trim()]];
    }),
  );
  const devtype = properties.DEVTYPE === undefined ? {} : { devtype: properties.DEVTYPE };
  return { v: 1, host, boot, devpath, subsystem, seqnum: 0, properties, attributes, ...devtype };
}

/** Most are not there, and an exception costs ten times as much as to ask. */
function textOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
