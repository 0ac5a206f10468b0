import { existsSync, readFileSync } from "node:fs";
import type { DeviceRecord, UdevInfo } from "@udevns/protocol";
import { databaseId, parseUdevRecord } from "@udevns/uevent";
import { deriveUdevInfo } from "./derive.ts";
import { sysfsLineage } from "./sysfs-lineage.ts";

/** What the container's udevd would say of a device if it had one: what the host's says, else what we make of it. */
export function saidOf(device: DeviceRecord): UdevInfo {
  const host = device.udev ?? hostRecord(device);
  return host === undefined ? deriveUdevInfo(device, sysfsLineage(device)) : forGuest(host);
}

/** What infra/udev's rules say to keep the host's own seat away would keep the container's programs away too. */
const HOST_ONLY = new Set(["UDEVNS_GUEST", "ID_SEAT", "LIBINPUT_IGNORE_DEVICE"]);

export function forGuest(info: UdevInfo): UdevInfo {
  if (info.properties.UDEVNS_GUEST !== "1") return info;
  const properties = Object.entries(info.properties).filter(([key]) => !HOST_ONLY.has(key));
  const tags = info.properties.ID_INPUT === undefined ? info.tags : [...new Set([...info.tags, "seat"])];
  return { ...info, properties: Object.fromEntries(properties), tags };
}

/** The host's udev may have spoken since the order was written. */
function hostRecord(device: DeviceRecord): UdevInfo | undefined {
  const id = databaseId(device);
  if (id.includes("/")) return undefined;
  const path = `/run/udev/data/${id}`;
  // An exception costs ten times as much.
  if (!existsSync(path)) return undefined;
  try {
    return parseUdevRecord(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** udev's properties of a device as its message has them (sd_device's `device_update_properties_bufs`). */
export function messageProperties(
  device: DeviceRecord,
  { properties, tags, links }: UdevInfo,
  action: string,
  node: string | undefined,
): Record<string, string> {
  const list = (texts: readonly string[]) => `:${texts.join(":")}:`;
  return {
    ...properties,
    ACTION: action,
    DEVPATH: device.devpath,
    SUBSYSTEM: device.subsystem,
    // Its receivers refuse a message without it (sd-device's device_verify).
    SEQNUM: String(device.seqnum),
    ...(device.devtype === undefined ? {} : { DEVTYPE: device.devtype }),
    ...(device.devnum === undefined ? {} : { MAJOR: String(device.devnum.major), MINOR: String(device.devnum.minor) }),
    ...(node === undefined ? {} : { DEVNAME: `/dev/${node}` }),
    ...(links.length === 0 ? {} : { DEVLINKS: links.map((link) => `/dev/${link}`).join(" ") }),
    ...(tags.length === 0 ? {} : { TAGS: list(tags), CURRENT_TAGS: list(tags) }),
    USEC_INITIALIZED: String(initializedMicros()),
  };
}

/** µs of CLOCK_MONOTONIC, as udevd writes it. */
export const initializedMicros = (): number => Number(process.hrtime.bigint() / 1000n);
