import { describe, expect, test } from "@jest/globals";
import { parsePolicy } from "../src/index.ts";
import { decided, matching, outcome } from "./support.ts";

const matches = (line: string, device: string): boolean =>
  outcome(decided(matching(`{ udev: '${line}' }`), device)) === "lab";

function fault(line: string): { code: string; column: number; message: string } {
  const text = `version: 1\nrules:\n- name: x\n  give: { container: lab }\n  match:\n    udev: '${line}'\n`;
  const parsed = parsePolicy([{ file: "x", text }]);
  if (!("errors" in parsed)) throw new Error("accepted");
  const { code, column, message } = parsed.errors[0]!;
  // Column 12 is the first character within the quotes.
  return { code, column: column - 12, message };
}

describe("udev's match syntax", () => {
  test.each([
    ['SUBSYSTEM=="block"', "zram", "gpu"],
    ['SUBSYSTEM=="block|drm", KERNEL=="render*|zram?"', "gpu", "stick"],
    ['SUBSYSTEM=="input", ATTRS{idVendor}=="046d"', "keyboard-left", "gamepad"],
    ['SUBSYSTEM=="tty" ATTRS{idVendor}=="0403" ATTRS{serial}=="A5*"', "modem", "meter"],
    ['SUBSYSTEM=="block", ENV{ID_SERIAL_SHORT}=="4C53*"', "stick", "zram"],
    ['SUBSYSTEM=="block", ENV{ID_BUS}!="usb"', "zram", "stick"],
    ['SUBSYSTEM=="block", ENV{ID_BUS}==""', "zram", "stick"],
    ['KERNELS=="1-1", SUBSYSTEM=="input"', "keyboard-left", "keyboard-right"],
    ['SUBSYSTEM=="tty", DRIVERS=="ftdi_sio"', "modem", "stick"],
    ['SUBSYSTEM=="drm", SUBSYSTEMS=="pci", DRIVERS=="i915"', "gpu", "webcam"],
    ['DEVPATH=="/devices/virtual/*", KERNEL=="video*"', "loopback-camera", "webcam"],
    ['SYMLINK=="serial/by-id/*A50285BI*"', "modem", "meter"],
    ['SUBSYSTEM=="drm", DRIVER==""', "gpu", "webcam"],
    ['SUBSYSTEM=="video4linux", ATTR{name}=="OBS*"', "loopback-camera", "webcam"],
    ['SUBSYSTEM=="video4linux", ATTR{name}!="OBS*"', "webcam", "loopback-camera"],
    ['SUBSYSTEM=="usb", ENV{DEVTYPE}!="x", ATTR{manufacturer}=="Logi?ech"', "webcam", "stick"],
  ])("%s takes %s and not %s", (line, taken, left) => {
    expect(matches(line, taken)).toBe(true);
    expect(matches(line, left)).toBe(false);
  });

  test("keys that ask parents must all hold for the same one", () => {
    expect(matches('SUBSYSTEM=="input", ATTRS{idVendor}=="046d", SUBSYSTEMS=="usb"', "keyboard-left")).toBe(true);
    expect(matches('SUBSYSTEM=="input", ATTRS{idVendor}=="046d", SUBSYSTEMS=="hid"', "keyboard-left")).toBe(false);
    expect(matches('SUBSYSTEM=="input", ATTRS{idVendor}=="046d", KERNELS=="1-1"', "keyboard-left")).toBe(false);
  });

  test("several lines are alternatives", () => {
    const either = matching(`{ udev: ['SUBSYSTEM=="drm"', 'KERNEL=="zram1"'] }`);
    expect(["gpu", "zram", "stick"].map((device) => outcome(decided(either, device)))).toEqual([
      "lab",
      "lab",
      "unowned",
    ]);
  });

  test.each([
    ["ACTION", 'ACTION=="add", SUBSYSTEM=="block"', 0],
    ["PROGRAM", 'SUBSYSTEM=="block", PROGRAM=="/bin/true"', 20],
    ["IMPORT", 'IMPORT{program}=="x"', 0],
    ["RESULT", 'RESULT=="x"', 0],
    ["TEST", 'TEST=="/etc/x"', 0],
    ["RUN", 'KERNEL=="a",RUN+="x"', 12],
    ["SYSCTL", 'SYSCTL{kernel.x}=="1"', 0],
    ["CONST", 'CONST{virt}=="kvm"', 0],
    ["MODE", 'MODE="0660"', 0],
    ["GROUP", 'GROUP="audio"', 0],
    ["OWNER", 'OWNER="kim"', 0],
    ["GOTO", 'GOTO="end"', 0],
    ["LABEL", 'LABEL="end"', 0],
    ["OPTIONS", 'OPTIONS+="x"', 0],
    ["SECLABEL", 'SECLABEL{x}="y"', 0],
    ["an assignment", 'KERNEL=="a", SYMLINK+="b"', 13],
    ["a prefix", 'KERNEL==i"a"', 0],
    ["attributes of other devices", 'ATTR{[net/lo]mtu}=="1"', 0],
  ])("%s is refused with its place: %s", (_, line, offset) => {
    expect(fault(line)).toMatchObject({ code: "udev-unsupported", column: offset });
  });

  test.each([
    ["a misspelt key", 'SUBSYTEM=="a"', 0],
    ["a lower-case key", 'kernel=="a"', 0],
    ["no operator", 'KERNEL=="a", DRIVER', 13],
    ["no quotes", "KERNEL==a", 0],
    ["no closing quote", 'KERNEL=="a', 0],
    ["no braces", 'ATTR=="a"', 0],
    ["empty braces", 'ENV{}=="a"', 0],
    ["braces too many", 'KERNEL{a}=="a"', 0],
    ["nothing", "  ", 0],
    ["something else behind", 'KERNEL=="a", %', 13],
  ])("%s is a fault with its place: %s", (_, line, offset) => {
    expect(fault(line)).toMatchObject({ code: "udev-syntax", column: offset });
  });

  test("two values that exclude each other are a fault", () => {
    expect(fault('KERNEL=="a*", SUBSYSTEM=="x", KERNEL=="a1"'.replace("a*", "b"))).toMatchObject({
      code: "never-matches",
      column: 29,
    });
    expect(() => matching(`{ udev: 'KERNEL=="a*", KERNEL=="*1"' }`)).not.toThrow();
  });
});
