import type { DeviceRecord } from "@udevns/protocol";
import { kernelName } from "./path.ts";

/** Where a unit is plugged in. */
export interface Port {
  /** The kernel's name: `1-1.2` (bus, then the port of each hub) or `0000:00:02.0`. */
  readonly port: string;
  /** The same without the bus number, which depends on the order of probing: `pci-0000:00:14.0-usb-0:1.2`, as udev's ID_PATH. */
  readonly path: string;
}

/** The port of a unit's root, for USB and PCI; others are plugged in nowhere. Read from the devpath alone, so it does not depend on what is known of the controller. */
export function portOf(root: DeviceRecord): Port | undefined {
  const name = kernelName(root.devpath);
  if (root.subsystem === "pci") return { port: name, path: `pci-${name}` };
  if (root.subsystem !== "usb") return undefined;
  const ports = /^\d+-([\d.]+)$/.exec(name)?.[1] ?? "0";
  const controller = kernelName(root.devpath.replace(/\/usb\d+(?:\/.*)?$/, ""));
  const bus = /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(controller) ? "pci" : "platform";
  return { port: name, path: `${bus}-${controller}-usb-0:${ports}` };
}
