import { expect, test } from "@jest/globals";
import { DeviceDatabase } from "@udevns/devices";
import { findUnit } from "../src/find-unit.ts";
import { device } from "./support/messages.ts";

const STICK = "/devices/pci0000:00/usb1/1-1";
const DISK = `${STICK}/1-1:1.0/block/sda`;
const TTYS = "/devices/platform/serial8250/tty";
const ZRAM = "/devices/virtual/block/zram0";
const HUB = "/devices/pci0000:00/usb2/2-1";

const db = new DeviceDatabase();
const block = (minor: number) => ({ type: "b", major: 8, minor }) as const;
const char = (minor: number) => ({ type: "c", major: 4, minor }) as const;
const ids = { idVendor: "0951", idProduct: "1666" };
for (const each of [
  device(STICK, { subsystem: "usb", devtype: "usb_device", attributes: { ...ids, serial: "A1B2C3" } }),
  device(DISK, { devnum: block(0), devname: "sda" }),
  device(`${DISK}/sda1`, { devnum: block(1), devname: "sda1" }),
  device(`${TTYS}/ttyS0`, { subsystem: "tty", devnum: char(64), devname: "ttyS0" }),
  device(`${TTYS}/ttyS1`, { subsystem: "tty", devnum: { type: "c", major: 8, minor: 1 }, devname: "ttyS1" }),
  device(ZRAM, { devnum: { type: "b", major: 252, minor: 0 }, devname: "zram0" }),
  device(`${HUB}/2-1:1.0/input/event3`, { subsystem: "input", devname: "input/event3" }),
  device(`${HUB}`, { subsystem: "usb", devtype: "usb_device", attributes: { ...ids, serial: "A1B2C3" } }),
])
  db.put(each);

const identity = (root: string) => db.unit(root)!.identity;

test.each([
  ["its root's devpath", STICK, STICK],
  ["the devpath of any of its devices", `${DISK}/sda1`, STICK],
  ["a path in /sys", `/sys${DISK}`, STICK],
  ["a node", "/dev/sda1", STICK],
  ["a node's name", "sda1", STICK],
  ["a node in a directory", "/dev/input/event3", HUB],
  ["… by its name below /dev", "input/event3", HUB],
  ["a device number", "8:0", STICK],
  ["a kernel name without a node", "1-1", STICK],
  ["a kernel name of a node in a directory", "event3", HUB],
  ["an identity", identity(ZRAM), ZRAM],
])("a unit is found by %s", (_, text, root) => expect(findUnit(db, "lab", text).root).toBe(root));

test.each([
  ["nothing", ""],
  ["a name that begins like another", "sd"],
  ["one that ends like another", "da"],
  ["part of a devpath", "/devices/pci0000:00/usb1"],
  ["a node's directory", "/dev/input"],
  ["half a node's path", "/dev/event3"],
  ["a number that is none's", "8:16"],
  ["part of a number", "8"],
  ["a path outside /sys/devices", `/sys/class${DISK}`],
  ["an identity that is none's", "v1:00000000000000000000000000000000"],
])("none is found by %s", (_, text) => {
  expect(() => findUnit(db, "lab", text)).toThrow(
    expect.objectContaining({ code: "UDEVNS_E_DEVICE_UNKNOWN", fields: { device: text, host: "lab" } }),
  );
});

test.each([
  ["a number that a disk and a tty have", "8:1", [STICK, `${TTYS}/ttyS1`]],
  ["an identity that two things share", identity(STICK), [STICK, HUB]],
])("by %s the units are named to choose from", (_, text, roots) => {
  expect(() => findUnit(db, "lab", text)).toThrow(
    expect.objectContaining({
      code: "UDEVNS_E_USAGE",
      message: `${text} may be any of ${roots.join(", ")}; give the devpath`,
    }),
  );
});

test("two devices of one unit that are meant alike are no two answers", () => {
  const one = new DeviceDatabase();
  one.put(device("/devices/virtual/a", {}));
  one.put(device("/devices/virtual/a/a", {}));
  expect(findUnit(one, "lab", "a").root).toBe("/devices/virtual/a");
});
