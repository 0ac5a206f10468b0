import type { DeviceRecord } from "@udevns/protocol";
import { inputClasses } from "./input-bits.ts";

export const deviceClasses = [
  "accelerometer",
  "audio",
  "bluetooth",
  "camera",
  "gpu",
  "hid",
  "hub",
  "joystick",
  "keyboard",
  "keys",
  "mouse",
  "network",
  "printer",
  "serial",
  "smartcard",
  "storage",
  "tablet",
  "touch",
  "touchpad",
] as const;
export type DeviceClass = (typeof deviceClasses)[number];

/** The part of the database that class work needs: what hangs above a device. */
export interface Lineage {
  ancestors(devpath: string): Iterable<DeviceRecord>;
}

const virtual = (record: DeviceRecord): boolean => record.devpath.startsWith("/devices/virtual/");

/**
 * What a device is for. The host's udev is believed where it has spoken of input; everything else is worked out from the kernel's words.
 * Virtual block, network and tty devices have no class: a rule for `storage` must not take the host's loop devices and bridges.
 */
export function deviceClass(record: DeviceRecord, db: Lineage): DeviceClass[] {
  switch (record.subsystem) {
    case "input":
      return inputClass(record, db);
    case "usb":
      return usbClass(record);
    case "pci":
      return pciClass(record.properties.PCI_CLASS);
    case "sound":
      return ["audio"];
    case "video4linux":
      return ["camera"];
    case "drm":
    case "graphics":
      return ["gpu"];
    case "hid":
    case "hidraw":
      return ["hid"];
    case "bluetooth":
      return ["bluetooth"];
    case "tty":
      return virtual(record) ? [] : ["serial"];
    case "block":
    case "scsi_generic":
    case "nvme":
      return virtual(record) ? [] : ["storage"];
    case "net":
      return virtual(record) ? [] : ["network"];
    default:
      return [];
  }
}

/** True for a USB hub, the root hubs of the controllers included. */
export const isHub = (record: DeviceRecord): boolean =>
  /^9\//.test(record.properties.TYPE ?? "") || record.attributes.bDeviceClass?.trim() === "09";

const udevInput: ReadonlyArray<readonly [string, DeviceClass]> = [
  ["ID_INPUT_ACCELEROMETER", "accelerometer"],
  ["ID_INPUT_JOYSTICK", "joystick"],
  ["ID_INPUT_KEYBOARD", "keyboard"],
  ["ID_INPUT_MOUSE", "mouse"],
  ["ID_INPUT_TABLET", "tablet"],
  ["ID_INPUT_TOUCHPAD", "touchpad"],
  ["ID_INPUT_TOUCHSCREEN", "touch"],
];

function inputClass(record: DeviceRecord, db: Lineage): DeviceClass[] {
  const said = record.udev?.properties;
  if (said?.ID_INPUT === "1") {
    const classes = udevInput.filter(([name]) => said[name] === "1").map(([, name]) => name);
    // A keyboard has ID_INPUT_KEY too; `keys` is for those that have nothing more.
    return classes.length === 0 && said.ID_INPUT_KEY === "1" ? ["keys"] : classes;
  }
  if (record.properties.EV !== undefined) return inputClasses(record.properties);
  for (const parent of db.ancestors(record.devpath)) {
    if (parent.subsystem === "input") return inputClasses(parent.properties);
  }
  return [];
}

/**
 * An interface by its `INTERFACE=class/subclass/protocol`, decimal. A whole device by its attribute `interfaces`, which capture
 * takes from its descriptors: it is there with the first event, so nobody else gets the device while its interfaces come up.
 */
function usbClass(record: DeviceRecord): DeviceClass[] {
  if (record.devtype === "usb_interface") {
    return interfaceClass((record.properties.INTERFACE ?? "").split("/").map(Number));
  }
  if (isHub(record)) return ["hub"];
  const triples = (record.attributes.interfaces ?? "").split(":").filter((text) => /^[0-9a-f]{6}$/.test(text));
  const classes = triples.flatMap((text) => interfaceClass(Array.from(Buffer.from(text, "hex"))));
  return [...new Set(classes)];
}

/** USB-IF base classes. */
function interfaceClass([base, sub, protocol]: readonly (number | undefined)[]): DeviceClass[] {
  switch (base) {
    case 1:
      return ["audio"];
    case 2:
      return sub === 2 ? ["serial"] : sub === 6 || sub === 13 || sub === 14 ? ["network"] : [];
    case 3:
      return sub === 1 && protocol === 1
        ? ["hid", "keyboard"]
        : sub === 1 && protocol === 2
          ? ["hid", "mouse"]
          : ["hid"];
    case 7:
      return ["printer"];
    case 8:
      return ["storage"];
    case 9:
      return ["hub"];
    case 11:
      return ["smartcard"];
    case 14:
      return ["camera"];
    case 224:
      return sub === 1 && protocol === 1 ? ["bluetooth"] : [];
    default:
      return [];
  }
}

/** `PCI_CLASS=30000`: base class, subclass and interface as one hex number. */
function pciClass(text: string | undefined): DeviceClass[] {
  const code = Number.parseInt(text ?? "", 16) >> 8;
  switch (code >> 8) {
    case 1:
      return ["storage"];
    case 2:
      return ["network"];
    case 3:
      return ["gpu"];
    case 4:
      return code === 0x0400 ? ["camera"] : ["audio"];
    default:
      return [];
  }
}
