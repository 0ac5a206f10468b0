import type { DeviceRecord, UdevInfo } from "@udevns/protocol";

/**
 * The file name of a device's record in /run/udev/data: `c13:64`, `b8:1`, `n3`, `+subsystem:sysname`
 * (device_get_device_id, src/libsystemd/sd-device/sd-device.c).
 */
export function databaseId(device: Pick<DeviceRecord, "devnum" | "subsystem" | "devpath" | "properties">): string {
  if (device.devnum !== undefined) return `${device.devnum.type}${device.devnum.major}:${device.devnum.minor}`;
  if (device.subsystem === "net" && device.properties.IFINDEX !== undefined) return `n${device.properties.IFINDEX}`;
  return `+${device.subsystem}:${device.devpath.slice(device.devpath.lastIndexOf("/") + 1)}`;
}

/** Reads a record of /run/udev/data. Lines of an unknown kind are passed over, as udev's own reader does. */
export function parseUdevRecord(text: string): UdevInfo {
  const properties: [string, string][] = [];
  const links: string[] = [];
  const tags: string[] = [];
  for (const line of text.split("\n")) {
    const value = line.slice(2);
    if (line[1] !== ":") continue;
    if (line[0] === "S") links.push(value);
    else if (line[0] === "G") tags.push(value);
    else if (line[0] === "E" && value.includes("=")) {
      const equals = value.indexOf("=");
      properties.push([value.slice(0, equals), value.slice(equals + 1)]);
    }
  }
  return { properties: Object.fromEntries(properties), tags, links };
}

/**
 * Writes a record as udevd would (device_update_db, sd-device/device-private.c).
 * @param initializedMicros `I:`, µs of CLOCK_MONOTONIC when the device was first handled; its presence is libudev's "is initialized"
 */
export function formatUdevRecord(info: UdevInfo, initializedMicros: number): string {
  const lines = [
    ...info.links.map((link) => `S:${link}`),
    `I:${initializedMicros}`,
    ...Object.entries(info.properties).map(([key, value]) => `E:${key}=${value}`),
    ...info.tags.map((tag) => `G:${tag}`),
    ...info.tags.map((tag) => `Q:${tag}`),
    "V:1",
  ];
  // A line break would begin another line, a NUL end the text for those who read it.
  return `${lines.filter((line) => !/[\n\0]/.test(line)).join("\n")}\n`;
}
