import { describe, expect, test } from "@jest/globals";
import { decide, explain, parsePolicy } from "../src/index.ts";
import { decided, example, matching, outcome, situation } from "./support.ts";

const matches = (when: string, device: string, now = new Date(0)): boolean =>
  outcome(decided(matching(`{ when: ${JSON.stringify(when)} }`), device, { now })) === "lab";

describe("a CEL expression", () => {
  test.each([
    ['device.subsystem == "drm"', "gpu", "stick"],
    ['device.kernel.startsWith("zram") && host == "lab"', "zram", "stick"],
    ["device.major == 226 && device.minor >= 128", "gpu", "zram"],
    [
      'parents.exists(p, p.attributes[?"manufacturer"].orValue("") == "FTDI")'
        .replace("[?", "[")
        .replace('].orValue("")', "]"),
      "none",
      "stick",
    ],
    ['"keyboard" in classes && port.startsWith("1-1.")', "keyboard-left", "keyboard-right"],
    ['vendor == "046d" && product == "0825"', "webcam", "keyboard-left"],
    ['glob(serial, "A5*|A7*")', "modem", "meter"],
    ['"ID_FS_LABEL" in device.properties && device.properties.ID_FS_LABEL == "BACKUP"', "stick", "zram"],
    ['device.links.exists(l, l.endsWith("A50285BI-if00-port0"))', "modem", "meter"],
    ['parents.exists(p, p.kernel == "1-1") && device.subsystem == "input"', "keyboard-left", "keyboard-right"],
  ])("%s takes %s and not %s", (when, taken, left) => {
    if (taken !== "none") expect(matches(when, taken)).toBe(true);
    expect(matches(when, left)).toBe(false);
  });

  test("knows the hour, the minute and the weekday, in UTC", () => {
    const friday = new Date("2026-01-02T17:30:00Z");
    expect(matches('device.subsystem == "drm" && hour == 17 && minute == 30 && weekday == 5', "gpu", friday)).toBe(
      true,
    );
    expect(matches('device.subsystem == "drm" && hour < 17', "gpu", friday)).toBe(false);
  });

  test("that fails while it runs matches nothing, and explain says so", () => {
    const input = situation({
      policy: matching(`{ when: 'device.attributes.nothing == "x"' }`),
      devices: example("gpu"),
    });
    expect(decide(input).kind).toBe("unowned");
    expect(explain(input).faults).toEqual([expect.objectContaining({ message: expect.stringMatching(/No such key/) })]);
  });

  test.each([
    ["device.subsytem == 'x'", 7, /subsytem/],
    ["device.subsystem ==", 19, /EOF|end/],
    ["device.subsystem", 0, /string, not bool/],
    ["parents.exists(p, p.nothing == 'x')", 20, /nothing/],
    ["device.kernel == 1", 0, /==/],
    ["nothing", 0, /nothing/],
    ["device.kernel.matches('(a+)+$')", 14, /matches/],
    ["[1].exists(a, [1].exists(b, [1].exists(c, [1].exists(d, true))))", 0, /macros/],
  ])("%s is refused at column %d", (when, offset, message) => {
    const text = `version: 1\nrules:\n- name: x\n  give: { container: lab }\n  match:\n    when: ${JSON.stringify(when)}\n`;
    const parsed = parsePolicy([{ file: "x", text }]);
    if (!("errors" in parsed)) throw new Error("accepted");
    expect(parsed.errors).toEqual([
      expect.objectContaining({
        code: "cel-error",
        line: 6,
        column: 12 + offset,
        message: expect.stringMatching(message),
      }),
    ]);
  });

  test("in a block of several lines is faulted on its own line", () => {
    const text =
      'version: 1\nrules:\n- name: x\n  give: { container: lab }\n  match:\n    when: |\n      device.kernel == "a"\n        && device.krnel == "b"\n';
    const parsed = parsePolicy([{ file: "x", text }]);
    expect("errors" in parsed && parsed.errors[0]).toMatchObject({ code: "cel-error", line: 8, column: 19 });
  });
});
