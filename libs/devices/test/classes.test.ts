import { describe, expect, test } from "@jest/globals";
import { DeviceDatabase, deviceClass } from "../src/index.ts";
import { keyboard, record } from "./support.ts";

const input = (properties: Record<string, string>) => record("/devices/x/input/input1", "input", { properties });
const none = { ancestors: () => [] };

describe("an input device", () => {
  // Bitmaps as the kernel prints them for such devices.
  test.each([
    ["keyboard", { EV: "120013", KEY: "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe" }],
    ["mouse", { EV: "17", KEY: "1f0000 0 0 0 0", REL: "1943" }],
    ["mouse", { EV: "1b", KEY: "70000 0 0 0 0", ABS: "3" }],
    ["touch", { EV: "b", KEY: "400 0 0 0 0 0", ABS: "260800000000003", PROP: "2" }],
    ["touchpad", { EV: "b", KEY: "e520 10000 0 0 0 0", ABS: "2e0800000000003", PROP: "5" }],
    ["tablet", { EV: "1b", KEY: "1c03 0 0 0 0 0", ABS: "1000d000003" }],
    ["joystick", { EV: "20000b", KEY: "7cdb000000000000 0 0 0 0", ABS: "3003f" }],
    ["accelerometer", { EV: "9", ABS: "7" }],
    ["keys", { EV: "3", KEY: "10000000000000 0" }],
  ])("is a %s by its bitmaps %j", (wanted, properties) => {
    expect(deviceClass(input(properties), none)).toEqual([wanted]);
  });

  test("is what the host's udev says, where it has spoken", () => {
    const udev = { properties: { ID_INPUT: "1", ID_INPUT_KEY: "1", ID_INPUT_MOUSE: "1" }, tags: [], links: [] };
    const board = input({ EV: "120013", KEY: "fffffffffffffffe" });
    expect(deviceClass(board, none)).toEqual(["keyboard"]);
    expect(deviceClass({ ...board, udev }, none)).toEqual(["mouse"]);
  });

  test("node is what its parent is", () => {
    const db = new DeviceDatabase();
    for (const event of keyboard("add")) db.apply(event);
    const node = [...db.bySubsystem("input")].find(({ devname }) => devname === "input/event3")!;
    expect(deviceClass(node, db)).toEqual(["keyboard"]);
  });

  test.each(["", "zz", "fffffffffffffffff", "-1", "1 ".repeat(10_000)])("with bitmap %j has no class", (KEY) => {
    expect(deviceClass(input({ EV: "3", KEY }), none)).toEqual([]);
  });
});

describe("other devices", () => {
  test.each([
    ["audio", record("/devices/pci0/sound/card0/controlC0", "sound")],
    ["camera", record("/devices/x/video4linux/video0", "video4linux")],
    ["serial", record("/devices/x/ttyUSB0/tty/ttyUSB0", "tty")],
    ["storage", record("/devices/x/block/sda", "block")],
    ["gpu", record("/devices/x/drm/renderD128", "drm")],
    ["network", record("/devices/x/net/eth0", "net")],
    ["hid", record("/devices/x/hidraw/hidraw0", "hidraw")],
    ["gpu", record("/devices/pci0000:00/0000:00:02.0", "pci", { properties: { PCI_CLASS: "30000" } })],
    ["network", record("/devices/pci0000:00/0000:00:03.0", "pci", { properties: { PCI_CLASS: "20000" } })],
    ["audio", record("/devices/pci0000:00/0000:00:04.0", "pci", { properties: { PCI_CLASS: "40300" } })],
    ["storage", record("/devices/x/1-1:1.0", "usb", { devtype: "usb_interface", properties: { INTERFACE: "8/6/80" } })],
    ["camera", record("/devices/x/1-1:1.0", "usb", { devtype: "usb_interface", properties: { INTERFACE: "14/1/0" } })],
    ["serial", record("/devices/x/1-1:1.0", "usb", { devtype: "usb_interface", properties: { INTERFACE: "2/2/1" } })],
    ["hub", record("/devices/x/usb1", "usb", { devtype: "usb_device", properties: { TYPE: "9/0/3" } })],
  ] as const)("%s", (wanted, device) => expect(deviceClass(device, none)).toEqual([wanted]));

  test.each([
    record("/devices/virtual/block/loop0", "block"),
    record("/devices/virtual/net/docker0", "net"),
    record("/devices/virtual/tty/tty1", "tty"),
    record("/devices/x", "rtc"),
  ])("the host's own $devpath has no class", (device) => expect(deviceClass(device, none)).toEqual([]));
});
