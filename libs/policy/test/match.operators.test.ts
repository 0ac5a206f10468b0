import { describe, expect, test } from "@jest/globals";
import { decided, matching, outcome } from "./support.ts";

const matches = (match: string, device: string): boolean => outcome(decided(matching(match), device)) === "lab";

describe("an operator asks the unit", () => {
  test.each([
    ["{ any-of: [{ class: camera }, { class: gpu }] }", "gpu", "stick"],
    ["{ all-of: [{ class: camera }, { class: audio }] }", "webcam", "loopback-camera"],
    ["{ subsystem: usb, none-of: [{ class: keyboard }] }", "stick", "keyboard-left"],
    ["{ subsystem: usb, none-of: [{ class: [storage, keyboard] }, { vendor: 0403 }] }", "webcam", "modem"],
    ['{ port: "1-*", none-of: [{ any-of: [{ class: hub }, { class: keyboard }] }] }', "stick", "hub-left"],
    ["{ class: storage, any-of: [{ vendor: 0781 }, { vendor: 0951 }] }", "stick", "disk"],
  ])("%s takes %s and not %s", (match, taken, left) => {
    expect(matches(match, taken)).toBe(true);
    expect(matches(match, left)).toBe(false);
  });

  test("none-of fails if any device of the unit matches, though others do not", () => {
    expect(matches("{ devname: 'bus/usb/*', none-of: [{ subsystem: sound }] }", "webcam")).toBe(false);
    expect(matches("{ devname: 'bus/usb/*', none-of: [{ subsystem: block }] }", "webcam")).toBe(true);
  });
});
