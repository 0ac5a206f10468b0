import { type DeviceClass, deviceClass, idsOf, kernelName, type Lineage, portOf } from "@udevns/devices";
import type { DeviceRecord, UdevInfo } from "@udevns/protocol";

/** libinput, SDL and Xorg ask for these (ID_INPUT and one of them at least). */
const inputProperties: Partial<Record<DeviceClass, readonly string[]>> = {
  accelerometer: ["ID_INPUT_ACCELEROMETER"],
  joystick: ["ID_INPUT_JOYSTICK"],
  keyboard: ["ID_INPUT_KEY", "ID_INPUT_KEYBOARD"],
  keys: ["ID_INPUT_KEY"],
  mouse: ["ID_INPUT_MOUSE"],
  tablet: ["ID_INPUT_TABLET"],
  touch: ["ID_INPUT_TOUCHSCREEN"],
  touchpad: ["ID_INPUT_TOUCHPAD"],
};

/** Ends of by-id and by-path links, the strongest first. */
const inputLinkEnds: readonly (readonly [DeviceClass, string])[] = [
  ["keyboard", "kbd"],
  ["mouse", "mouse"],
  ["touchpad", "mouse"],
  ["joystick", "joystick"],
];

/** Subsystems that a seat is made of. */
const seatSubsystems = new Set(["input", "sound", "drm", "graphics"]);

/** What udev's stock rules would say of a device, worked out from the kernel's words; for hosts that have no udev. */
export function deriveUdevInfo(device: DeviceRecord, lineage: Lineage): UdevInfo {
  const classes = deviceClass(device, lineage);
  const usb = usbProperties(device, lineage);
  const properties: Record<string, string> = { ...usb };
  if (device.subsystem === "input") {
    properties.ID_INPUT = "1";
    for (const name of classes) for (const key of inputProperties[name] ?? []) properties[key] = "1";
  }
  return {
    properties,
    tags: seatSubsystems.has(device.subsystem) ? ["seat"] : [],
    links: linksOf(device, classes, properties),
  };
}

function usbProperties(device: DeviceRecord, lineage: Lineage): Record<string, string> {
  const chain = [device, ...lineage.ancestors(device.devpath)];
  const usb = chain.find(({ subsystem, devtype }) => subsystem === "usb" && devtype === "usb_device");
  const ids = usb === undefined ? undefined : idsOf(usb);
  if (usb === undefined || ids === undefined) return {};
  const face = chain.find(({ devtype }) => devtype === "usb_interface");
  const vendor = plain(usb.attributes.manufacturer) || ids.vendor;
  const model = plain(usb.attributes.product) || ids.product;
  const serial = plain(usb.attributes.serial);
  const path = portOf(usb)?.path;
  const part = face === undefined ? "" : `:${kernelName(face.devpath).split(":")[1] ?? ""}`;
  const number = face?.attributes.bInterfaceNumber;
  return {
    ID_BUS: "usb",
    ID_VENDOR: vendor,
    ID_VENDOR_ID: ids.vendor,
    ID_MODEL: model,
    ID_MODEL_ID: ids.product,
    ID_SERIAL: [vendor, model, serial].filter((text) => text !== "").join("_"),
    ...(serial === "" ? {} : { ID_SERIAL_SHORT: serial }),
    ...(number === undefined ? {} : { ID_USB_INTERFACE_NUM: number }),
    ...(path === undefined ? {} : { ID_PATH: `${path}${part}` }),
  };
}

/** As udev's `util_replace_chars`: spaces and what no file name should hold become underscores. */
const plain = (text: string | undefined): string => (text ?? "").trim().replace(/[^A-Za-z0-9#+\-.:=@_]+/g, "_");

function linksOf(
  { subsystem, devname, properties: own }: DeviceRecord,
  classes: readonly DeviceClass[],
  { ID_BUS: bus, ID_SERIAL: serial, ID_PATH: path, ID_USB_INTERFACE_NUM: number }: Readonly<Record<string, string>>,
): string[] {
  if (devname === undefined || bus === undefined) return [];
  const both = (directory: string, end: string) => [
    ...(serial === undefined ? [] : [`${directory}/by-id/${bus}-${serial}${end}`]),
    ...(path === undefined ? [] : [`${directory}/by-path/${path}${end}`]),
  ];
  switch (subsystem) {
    case "input": {
      const end = inputLinkEnds.find(([name]) => classes.includes(name))?.[1];
      if (end === undefined) return [];
      return both("input", devname.startsWith("input/event") ? `-event-${end}` : `-${end}`);
    }
    case "tty":
      return both("serial", number === undefined ? "" : `-if${number}`);
    case "block":
      return both("disk", own.PARTN === undefined ? "" : `-part${own.PARTN}`);
    default:
      return [];
  }
}
