import { describe, expect, test } from "@jest/globals";
import type { DeviceRecord } from "@udevns/protocol";
import { DeviceDatabase } from "../src/index.ts";
import { keyboard, keyboardRoot, record } from "./support.ts";

function identity(device: DeviceRecord): string {
  const db = new DeviceDatabase();
  db.put(device);
  return db.unitOf(device.devpath)!.identity;
}

const usb = (port: string, attributes: Record<string, string>, bus = "usb1"): DeviceRecord =>
  record(`/devices/pci0000:00/0000:00:14.0/${bus}/${port}`, "usb", {
    devtype: "usb_device",
    properties: { PRODUCT: "46d/c31c/110" },
    attributes,
  });

const stick = { idVendor: "0781", idProduct: "5581", serial: "4C530001" };

describe("an identity", () => {
  test("is versioned and short", () => {
    expect(identity(usb("1-1", stick))).toMatch(/^v1:[0-9a-f]{32}$/);
  });

  test("with a serial stays the same on another port", () => {
    expect(identity(usb("1-1", stick))).toBe(identity(usb("1-4.2", stick)));
  });

  test("without a serial is that of the port, whatever number the bus gets", () => {
    const { serial: _, ...mute } = stick;
    expect(identity(usb("1-1", mute))).not.toBe(identity(usb("1-2", mute)));
    expect(identity(usb("1-1", mute))).toBe(identity(usb("3-1", mute, "usb3")));
  });

  test.each(["", "0", "000000000000", "0123456789ABCDEF", "123456789", "  "])("takes serial %j for none", (serial) => {
    expect(identity(usb("1-1", { ...stick, serial }))).not.toBe(identity(usb("1-2", { ...stick, serial })));
  });

  test.each([
    ["vendor", { ...stick, idVendor: "0782" }],
    ["product", { ...stick, idProduct: "5582" }],
    ["serial", { ...stick, serial: "4C530002" }],
  ])("differs by %s", (_, other) => expect(identity(usb("1-1", stick))).not.toBe(identity(usb("1-1", other))));

  test("cannot be forged by a separator in a serial", () => {
    const a = identity(usb("1-1", { idVendor: "0781", idProduct: "5581", serial: 'x","y' }));
    const b = identity(usb("1-1", { idVendor: "0781", idProduct: "5581", serial: "x" }));
    expect(a).not.toBe(b);
  });

  test("is the same at each event of a plugging, and after a replug", () => {
    const db = new DeviceDatabase();
    const seen = new Set<string>();
    for (let round = 0; round < 2; round++) {
      for (const one of keyboard("add")) {
        db.apply({ ...one, seqnum: one.seqnum + round * 1000 });
        seen.add(db.unitOf(keyboardRoot)!.identity);
      }
      for (const one of keyboard("remove")) db.apply({ ...one, seqnum: one.seqnum + round * 1000 });
    }
    expect(seen.size).toBe(1);
  });

  test("does not hang on what udev says", () => {
    const device = usb("1-1", stick);
    const udev = { properties: { ID_SERIAL: "x", ID_SERIAL_SHORT: "y" }, tags: [], links: [] };
    expect(identity({ ...device, udev })).toBe(identity(device));
  });

  test("of a virtual input device does not hang on its number", () => {
    const pad = (n: number) =>
      record(`/devices/virtual/input/input${n}`, "input", { properties: { PRODUCT: "3/45e/28e/110", NAME: '"Pad"' } });
    expect(identity(pad(7))).toBe(identity(pad(8)));
  });
});
