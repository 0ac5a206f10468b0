import type { DeviceRecord, Devnum, UeventMessage } from "@udevns/protocol";

/** Properties that describe the event and not the device: a scan of /sys never shows them. */
const eventOnly = new Set([
  "ACTION",
  "DEVPATH",
  "DEVPATH_OLD",
  "SUBSYSTEM",
  "SEQNUM",
  "DISK_MEDIA_CHANGE",
  "DISK_EJECT_REQUEST",
  "RESIZE",
  "HOTPLUG",
  "LEASE",
  "TRIGGER",
]);

/**
 * The record after an event.
 * @param before what was known of the same device, if anything
 */
export function fold(before: DeviceRecord | undefined, event: UeventMessage): DeviceRecord {
  const properties = lasting(event.properties);
  if (event.action === "unbind") {
    // The kernel leaves MODALIAS out of `unbind` alone, so that no module is loaded for it; the device still has it.
    const modalias = before?.properties.MODALIAS;
    if (modalias !== undefined) properties.MODALIAS ??= modalias;
  }
  const attributes =
    before !== undefined && Object.keys(event.attributes).length === 0 ? before.attributes : event.attributes;
  const udev = event.udev ?? before?.udev;
  const arrival = before === undefined ? (event.source === "scan" ? "present" : "inserted") : before.arrival;
  const devnum = devnumOf(event.subsystem, properties);
  return {
    v: 1,
    host: event.host,
    boot: event.boot,
    devpath: event.devpath,
    subsystem: event.subsystem,
    seqnum: event.seqnum,
    ...(devnum !== undefined && { devnum }),
    ...(properties.DEVNAME !== undefined && { devname: properties.DEVNAME.replace(/^\/dev\//, "") }),
    ...(properties.DEVTYPE !== undefined && { devtype: properties.DEVTYPE }),
    ...(properties.DRIVER !== undefined && { driver: properties.DRIVER }),
    properties,
    attributes,
    ...(udev !== undefined && { udev }),
    ...(arrival !== undefined && { arrival }),
  };
}

/** True for an event that somebody asked for by writing to the device's `uevent` file. */
export const isSynthetic = (event: UeventMessage): boolean => event.properties.SYNTH_UUID !== undefined;

function lasting(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => !eventOnly.has(name) && !name.startsWith("SYNTH_"))
      // A processor's MODALIAS ends with a newline (drivers/base/cpu.c), which in its `uevent` file is the end of the line.
      .map(([name, value]) => [name, value.endsWith("\n") ? value.slice(0, -1) : value]),
  );
}

function devnumOf(subsystem: string, properties: Readonly<Record<string, string>>): Devnum | undefined {
  const { MAJOR, MINOR } = properties;
  if (MAJOR === undefined || MINOR === undefined || !/^\d+$/.test(MAJOR) || !/^\d+$/.test(MINOR)) return undefined;
  return { type: subsystem === "block" ? "b" : "c", major: Number(MAJOR), minor: Number(MINOR) };
}
