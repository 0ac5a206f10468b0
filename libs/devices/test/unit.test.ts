import { describe, expect, test } from "@jest/globals";
import type { DeviceRecord } from "@udevns/protocol";
import { DeviceDatabase } from "../src/index.ts";
import { record } from "./support.ts";

const pci = "/devices/pci0000:00/0000:00:14.0";
const hub = `${pci}/usb1/1-1`;
const adapter = `${pci}/usb1/1-3`;
const usb = (devpath: string, type = "0/0/0"): DeviceRecord =>
  record(devpath, "usb", { devtype: "usb_device", properties: { DEVTYPE: "usb_device", TYPE: type } });

const devices: DeviceRecord[] = [
  record(pci, "pci"),
  usb(`${pci}/usb1`, "9/0/1"),
  usb(hub, "9/0/1"),
  record(`${hub}/1-1:1.0`, "usb", { devtype: "usb_interface" }),
  usb(`${hub}/1-1.2`),
  record(`${hub}/1-1.2/1-1.2:1.0`, "usb", { devtype: "usb_interface" }),
  record(`${hub}/1-1.2/1-1.2:1.0/host6/target6:0:0/6:0:0:0`, "scsi", { devtype: "scsi_device" }),
  record(`${hub}/1-1.2/1-1.2:1.0/host6/target6:0:0/6:0:0:0/block/sdb`, "block", { devtype: "disk" }),
  record(`${hub}/1-1.2/1-1.2:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1`, "block", { devtype: "partition" }),
  usb(adapter),
  record(`${adapter}/1-3:1.0/bluetooth/hci0`, "bluetooth", { devtype: "host" }),
  record(`${adapter}/1-3:1.0/bluetooth/hci0/hci0:256`, "bluetooth", { devtype: "link" }),
  record(`${adapter}/1-3:1.0/bluetooth/hci0/hci0:256/0005:046D:B342.0003`, "hid"),
  record(`${adapter}/1-3:1.0/bluetooth/hci0/hci0:256/0005:046D:B342.0003/input/input9`, "input"),
  record("/devices/pci0000:00/0000:00:17.0", "pci"),
  record("/devices/pci0000:00/0000:00:17.0/ata1/host0", "scsi", { devtype: "scsi_host" }),
  record("/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", "scsi", { devtype: "scsi_device" }),
  record("/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda", "block"),
  record("/devices/pci0000:00/0000:00:02.0", "pci"),
  record("/devices/pci0000:00/0000:00:02.0/drm/card0", "drm"),
  record("/devices/pci0000:00/0000:00:02.0/drm/renderD128", "drm"),
  record("/devices/platform/i8042", "platform"),
  record("/devices/platform/i8042/serio0", "serio"),
  record("/devices/platform/i8042/serio0/input/input0", "input"),
  record("/devices/platform/i8042/serio1", "serio"),
  record("/devices/platform/serial8250", "platform"),
  record("/devices/platform/serial8250/tty/ttyS1", "tty"),
  record("/devices/platform/serial8250/tty/ttyS2", "tty"),
  record("/devices/virtual/block/loop0", "block"),
  record("/devices/virtual/block/loop0/loop0p1", "block"),
  record("/devices/virtual/misc/uhid", "misc"),
  record("/devices/virtual/misc/uhid/0005:054C:09CC.0004", "hid"),
  record("/devices/virtual/misc/uhid/0005:054C:09CC.0004/hidraw/hidraw3", "hidraw"),
  record("/devices/pci0000:00/0000:00:15.0", "pci"),
  record("/devices/pci0000:00/0000:00:15.0/i2c_designware.0/i2c-1", "i2c"),
  record("/devices/pci0000:00/0000:00:15.0/i2c_designware.0/i2c-1/i2c-ELAN", "i2c"),
];

const name = (devpath: string): string => devpath.slice(devpath.lastIndexOf("/") + 1);

describe("the unit of a device", () => {
  const db = new DeviceDatabase();
  for (const device of devices) db.put(device);

  test.each([
    ["a partition of a USB stick", "sdb1", "1-1.2"],
    ["the SCSI device of a USB stick", "6:0:0:0", "1-1.2"],
    ["a hub", "1-1", "1-1"],
    ["a hub's interface", "1-1:1.0", "1-1"],
    ["a root hub", "usb1", "usb1"],
    ["a Bluetooth adapter's host", "hci0", "1-3"],
    ["a Bluetooth keyboard's input", "input9", "hci0:256"],
    ["a SATA disk", "sda", "0:0:0:0"],
    ["a SATA controller's port", "host0", "0000:00:17.0"],
    ["a GPU's render node", "renderD128", "0000:00:02.0"],
    ["a PS/2 keyboard", "input0", "serio0"],
    ["a serial port beside another", "ttyS2", "ttyS2"],
    ["a partition of a loop device", "loop0p1", "loop0"],
    ["what uhid makes", "hidraw3", "0005:054C:09CC.0004"],
    ["uhid itself", "uhid", "uhid"],
    ["an I²C client", "i2c-ELAN", "i2c-ELAN"],
    ["an I²C adapter", "i2c-1", "0000:00:15.0"],
  ])("%s (%s) begins at %s", (_, device, root) => {
    const { devpath } = devices.find((one) => name(one.devpath) === device)!;
    expect(name(db.unitOf(devpath)!.root)).toBe(root);
  });

  test("holds each device once, in one unit, parents first", () => {
    const units = [...db.units()];
    const all = units.flatMap((unit) => unit.devices.map(({ devpath }) => devpath));
    expect(all.toSorted()).toEqual(devices.map(({ devpath }) => devpath).sort());
    for (const unit of units) {
      expect(unit.devices[0]!.devpath).toBe(unit.root);
      for (const { devpath } of unit.devices) expect(db.unitOf(devpath)).toBe(unit);
    }
  });

  test("is found by its root and by its identity", () => {
    const unit = db.unitOf(`${hub}/1-1.2`)!;
    expect(db.unit(unit.root)).toBe(unit);
    expect(db.unit(unit.identity)).toBe(unit);
    expect(db.unit(`${hub}/1-1.2/1-1.2:1.0`)).toBeUndefined();
    expect(db.unit("v1:none")).toBeUndefined();
  });

  test("knows its port with and without the bus number", () => {
    expect(db.unitOf(`${hub}/1-1.2`)).toMatchObject({ port: "1-1.2", path: "pci-0000:00:14.0-usb-0:1.2" });
    expect(db.unitOf("/devices/pci0000:00/0000:00:02.0/drm/card0")).toMatchObject({ port: "0000:00:02.0" });
    expect(db.unitOf("/devices/virtual/block/loop0")).not.toHaveProperty("port");
  });

  test("grows and shrinks with its devices", () => {
    const own = new DeviceDatabase();
    const top = usb("/devices/platform/dummy_hcd.0/usb3/3-1");
    own.put(top);
    expect(own.unitOf(top.devpath)!.devices).toHaveLength(1);
    const change = own.put(record(`${top.devpath}/3-1:1.0`, "usb", { devtype: "usb_interface" }));
    expect(change.units).toEqual([top.devpath]);
    expect(own.unitOf(top.devpath)!.devices).toHaveLength(2);
    own.remove(`${top.devpath}/3-1:1.0`);
    expect(own.unitOf(top.devpath)!.devices).toHaveLength(1);
  });

  test("is touched by a change above it, as a child sees its parents", () => {
    const change = db.put(record(pci, "pci", { attributes: { numa_node: "1" } }));
    expect(change.units).toEqual(expect.arrayContaining([pci, hub, `${hub}/1-1.2`, adapter]));
  });
});
