import { describe, expect, test } from "@jest/globals";
import { decided, example, matching, outcome } from "./support.ts";

const matches = (match: string, device: string): boolean => outcome(decided(matching(match), device)) === "lab";

describe("a key", () => {
  test.each([
    ["{ subsystem: block }", "zram", "gpu"],
    ["{ subsystem: [block, drm] }", "gpu", "webcam"],
    ["{ devtype: partition }", "stick", "zram"],
    ['{ kernel: "zram[0-9]" }', "zram", "stick"],
    ['{ devname: "input/*" }', "keyboard-left", "stick"],
    ["{ devname: /dev/zram1 }", "zram", "stick"],
    ['{ devpath: "/devices/virtual/*" }', "zram", "stick"],
    ['{ devpath: "/sys/devices/virtual/block/*" }', "zram", "gamepad"],
    ["{ class: keyboard }", "bluetooth-keyboard", "gamepad"],
    ["{ class: [camera, joystick] }", "gamepad", "stick"],
    ["{ vendor: 0781 }", "stick", "modem"],
    ['{ vendor: "781" }', "stick", "modem"],
    ["{ vendor: 0x046D }", "webcam", "modem"],
    ["{ vendor: 046d, product: c31c }", "keyboard-left", "webcam"],
    ["{ vendor: 046d, product: b342 }", "bluetooth-keyboard", "keyboard-left"],
    ["{ serial: 4C530001 }", "stick", "modem"],
    ['{ serial: "34:88:*" }', "bluetooth-keyboard", "stick"],
    ["{ driver: usb-storage }", "stick", "modem"],
    ["{ driver: usb-storage, subsystem: block }", "stick", "modem"],
    ['{ port: "1-1.*" }', "keyboard-left", "keyboard-right"],
    ['{ port: "pci-0000:00:14.0-usb-0:1.*" }', "keyboard-left", "keyboard-right"],
    ['{ pci: "0000:00:14.0" }', "stick", "gpu"],
    ['{ pci: "0000:00:02.0", devname: "dri/render*" }', "gpu", "stick"],
    ["{ property: { PCI_CLASS: 30000 } }", "gpu", "zram"],
    ["{ property: { ID_FS_LABEL: BACKUP } }", "stick", "zram"],
    ['{ property: { ID_BUS: usb, ID_FS_LABEL: "*" } }', "stick", "modem"],
    ["{ attribute: { manufacturer: FTDI } }", "modem", "stick"],
    ["{ attribute: { manufacturer: FTDI }, subsystem: tty }", "modem", "stick"],
    ['{ link: "serial/by-id/*A50285BI*" }', "modem", "meter"],
    ["{ host: lab, subsystem: drm }", "gpu", "stick"],
    ["{ arrival: present, subsystem: drm }", "gpu", "stick"],
  ])("%s takes %s and not %s", (match, taken, left) => {
    expect(matches(match, taken)).toBe(true);
    expect(matches(match, left)).toBe(false);
  });

  test.each([
    ["{ subsystem: block, devname: ttyUSB0 }", "two keys must hold for one device: no block device is called so"],
    ["{ host: other, subsystem: drm }", "another host"],
    ["{ arrival: inserted, subsystem: drm }", "it was there before"],
    ["{ attribute: { manufacturer: FTDI, bDeviceClass: 09 } }", "attributes must stand at one and the same device"],
    ["{ driver: xhci_hcd, subsystem: drm }", "the driver of another controller"],
    ["{ kernel: zram }", "zram is not zram1"],
  ])("%s takes neither gpu nor modem: %s", (match) => {
    expect(matches(match, "gpu") || matches(match, "modem")).toBe(false);
  });

  test("arrival tells what was plugged in while the host was up", () => {
    const rule = matching("{ arrival: inserted, class: storage }");
    const devices = example("stick").map((device) => ({ ...device, arrival: "inserted" as const }));
    expect(outcome(decided(rule, "stick"))).toBe("unowned");
    expect(outcome(decided(rule, "stick", { devices }))).toBe("lab");
  });

  test.each([
    '{ attribute: { constructor: "*" } }',
    '{ property: { __proto__: "*" } }',
    `{ udev: 'ATTR{toString}=="?*"' }`,
    `{ udev: 'ENV{valueOf}=="?*"' }`,
    `{ when: '"constructor" in device.attributes' }`,
  ])("%s finds nothing that every object has", (match) => expect(matches(match, "gpu")).toBe(false));
});
