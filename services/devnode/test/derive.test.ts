import { expect, test } from "@jest/globals";
import type { DeviceRecord } from "@udevns/protocol";
import { deriveUdevInfo } from "../src/audience/derive.ts";
import { planRecord } from "../src/audience/record.ts";
import { forGuest, messageProperties } from "../src/audience/said.ts";

const PORT = "/devices/pci0000:00/0000:00:14.0/usb1/1-1";
const device = (devpath: string, subsystem: string, of: Partial<DeviceRecord> = {}): DeviceRecord => ({
  v: 1,
  host: "h",
  boot: "b",
  devpath,
  subsystem,
  seqnum: 7,
  properties: {},
  attributes: {},
  ...of,
});

const keyboard = device(`${PORT}/1-1:1.0/0003:046D:C31C.0001/input/input3`, "input", {
  properties: { EV: "120013", KEY: "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe" },
});
const event = device(`${keyboard.devpath}/event3`, "input", {
  devname: "input/event3",
  devnum: { type: "c", major: 13, minor: 67 },
});
const above = [
  keyboard,
  device(`${PORT}/1-1:1.0`, "usb", { devtype: "usb_interface", attributes: { bInterfaceNumber: "00" } }),
  device(PORT, "usb", {
    devtype: "usb_device",
    attributes: {
      idVendor: "046d",
      idProduct: "c31c",
      manufacturer: "Logitech",
      product: "USB Keyboard",
      serial: "A 1",
    },
  }),
];
const lineage = { ancestors: () => above };

test("a keyboard on a host without udev gets what udev's stock rules would say", () => {
  const info = deriveUdevInfo(event, lineage);
  expect(info.properties).toMatchObject({
    ID_INPUT: "1",
    ID_INPUT_KEY: "1",
    ID_INPUT_KEYBOARD: "1",
    ID_BUS: "usb",
    ID_VENDOR_ID: "046d",
    ID_MODEL_ID: "c31c",
    ID_SERIAL: "Logitech_USB_Keyboard_A_1",
    ID_SERIAL_SHORT: "A_1",
    ID_PATH: "pci-0000:00:14.0-usb-0:1:1.0",
  });
  expect(info.properties).not.toHaveProperty("ID_INPUT_MOUSE");
  expect(info.links).toEqual([
    "input/by-id/usb-Logitech_USB_Keyboard_A_1-event-kbd",
    "input/by-path/pci-0000:00:14.0-usb-0:1:1.0-event-kbd",
  ]);
  expect(info.tags).toEqual(["seat"]);
});

test("its record and its message", () => {
  const info = deriveUdevInfo(event, lineage);
  const { directories, files } = planRecord(event, info, 5);
  expect(directories).toEqual(["run/udev/data", "run/udev/tags", "run/udev/tags/seat"]);
  expect(files.map(({ path }) => path)).toEqual(["run/udev/data/c13:67", "run/udev/tags/seat/c13:67"]);
  expect(files[0]?.text).toContain("E:ID_INPUT_KEYBOARD=1\n");
  expect(messageProperties(event, info, "add", "input/event3")).toMatchObject({
    ACTION: "add",
    DEVNAME: "/dev/input/event3",
    MAJOR: "13",
    MINOR: "67",
    SEQNUM: "7",
    TAGS: ":seat:",
  });
});

test("a name that would lead out of the database is not written", () => {
  expect(planRecord(event, { properties: {}, links: [], tags: ["../x", "..", "ok"] }, 5).files).toHaveLength(2);
  expect(planRecord(device("/devices/x", "a/b"), { properties: {}, links: [], tags: [] }, 5).files).toEqual([]);
});

test("what keeps the host's seat away stays on the host", () => {
  const host = {
    properties: { UDEVNS_GUEST: "1", ID_SEAT: "seat-udevns", LIBINPUT_IGNORE_DEVICE: "1", ID_INPUT: "1" },
    tags: [],
    links: [],
  };
  expect(forGuest(host)).toEqual({ properties: { ID_INPUT: "1" }, tags: ["seat"], links: [] });
  const other = { ...host, properties: { ID_SEAT: "seat1" } };
  expect(forGuest(other)).toBe(other);
});
