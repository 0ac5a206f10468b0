import { expect, test } from "@jest/globals";
import type { DeviceRecord } from "@udevns/protocol";
import { deviceClass } from "../src/index.ts";

const usbDevice = (attributes: Record<string, string>): DeviceRecord => ({
  v: 1,
  host: "h",
  boot: "b",
  devpath: "/devices/pci0000:00/usb1/1-1",
  subsystem: "usb",
  devtype: "usb_device",
  seqnum: 1,
  properties: { DEVTYPE: "usb_device", PRODUCT: "627/1/0", TYPE: "0/0/0" },
  attributes,
});
const alone = { ancestors: () => [] };

test.each([
  [":030101:", ["hid", "keyboard"]],
  [":030101:030102:", ["hid", "keyboard", "mouse"]],
  [":080650:", ["storage"]],
  [":0a0000:020201:", ["serial"]],
  ["", []],
  [":zz:", []],
])("a USB device with interfaces %j is %j with its very first event", (interfaces, classes) => {
  expect(deviceClass(usbDevice({ interfaces }), alone)).toEqual(classes);
});
