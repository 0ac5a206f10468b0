import { createHash } from "node:crypto";
import type { DeviceRecord } from "@udevns/protocol";
import { idsOf, isPlaceholderSerial, serialOf, unquoted } from "./ids.ts";
import { kernelName } from "./path.ts";
import { portOf } from "./port.ts";

/** One physical thing: the topmost kobject that is owned and all that hangs below it, up to the next unit. */
export interface Unit {
  /** Devpath of the topmost device. */
  readonly root: string;
  /** `v1:` and 32 hex digits; survives replug, re-enumeration and, with a serial, another port. */
  readonly identity: string;
  /** `1-1.2` for USB, `0000:00:02.0` for PCI. */
  readonly port?: string;
  /** The port without the bus number: `pci-0000:00:14.0-usb-0:1.2`. */
  readonly path?: string;
  /** Parents first. */
  readonly devices: readonly DeviceRecord[];
}

/** Each device of these buses is a thing of its own, if no USB device is above it. */
const ownBuses = new Set(["acpi", "firewire", "mmc", "pci", "platform", "pnp", "serio", "spi", "vmbus", "xen"]);

/**
 * Where the unit of a device begins:
 * 1. the nearest USB device (a hub is a unit without what is plugged into it) or Bluetooth link, whichever is nearer;
 * 2. else the nearest HID device, SCSI device, tty, I²C client, or device of a bus in `ownBuses` (PCI function, platform device, …);
 * 3. else the topmost device above (virtual devices: `zram0`, `input7`).
 * So a disk is not the controller's, a Bluetooth keyboard not its adapter's, and a USB stick's partition is the stick's.
 * @param chain the device itself, then what is above it, nearest first
 */
export function unitRoot(chain: readonly DeviceRecord[]): DeviceRecord {
  return chain.find(isPlugged) ?? chain.find(isOwn) ?? chain.at(-1)!;
}

const isPlugged = ({ subsystem, devtype }: DeviceRecord): boolean =>
  (subsystem === "usb" && devtype === "usb_device") || (subsystem === "bluetooth" && devtype === "link");

const isOwn = ({ subsystem, devtype, devpath }: DeviceRecord): boolean =>
  ownBuses.has(subsystem) ||
  subsystem === "hid" ||
  subsystem === "tty" ||
  (subsystem === "scsi" && devtype === "scsi_device") ||
  // An adapter is in the same subsystem as its clients; only its name tells.
  (subsystem === "i2c" && !/^i2c-\d+$/.test(kernelName(devpath)));

/** Puts a unit together. */
export function makeUnit(root: DeviceRecord, devices: readonly DeviceRecord[]): Unit {
  const port = portOf(root);
  return { root: root.devpath, identity: identityOf(root, port?.path), ...port, devices };
}

/**
 * Identity, version 1: SHA-256 over bus, vendor, product and serial; where there is no serial that tells devices apart, over the place
 * where it is plugged in. Nothing in it comes from udev, so it is the same before and after udev has spoken.
 */
function identityOf(root: DeviceRecord, path: string | undefined): string {
  const ids = idsOf(root);
  const serial = serialOf(root);
  const bus = root.subsystem;
  const known = serial !== undefined && !isPlaceholderSerial(serial) && ids !== undefined;
  const parts = known
    ? [bus, ids.vendor, ids.product, "serial", serial]
    : [bus, ids?.vendor ?? "", ids?.product ?? "", "place", path ?? placeOf(root)];
  // JSON keeps the parts apart whatever a device puts into its serial.
  return `v1:${createHash("sha256").update(JSON.stringify(parts), "utf8").digest("hex").slice(0, 32)}`;
}

/** Input and HID devices are numbered as they come, so their own words stand for the place. */
function placeOf(root: DeviceRecord): string {
  const { properties } = root;
  switch (root.subsystem) {
    case "input":
      return `${unquoted(properties.NAME) ?? ""}\n${unquoted(properties.PHYS) ?? ""}`;
    case "hid":
      return `${properties.HID_NAME ?? ""}\n${properties.HID_PHYS ?? ""}`;
    default:
      return root.devpath;
  }
}
