import { describe, expect, test } from "@jest/globals";
import { diffDevices } from "../src/index.ts";
import { record } from "./support.ts";

const names = (records: readonly { devpath: string }[]): string[] => records.map(({ devpath }) => devpath);
const parent = record("/devices/a", "usb", { properties: { DEVNUM: "002" } });
const child = record("/devices/a/b", "input");
const beside = record("/devices/a-b", "block");

describe("a scan", () => {
  test("that finds what was said differs in nothing, whatever its seqnum", () => {
    const present = [child, beside, parent].map((device) => ({ ...device, seqnum: 99 }));
    expect(diffDevices([parent, child, beside], present)).toEqual({ added: [], changed: [], removed: [] });
  });

  test("adds parents first and removes children first", () => {
    expect(names(diffDevices([], [child, beside, parent]).added)).toEqual([
      "/devices/a",
      "/devices/a/b",
      "/devices/a-b",
    ]);
    expect(names(diffDevices([child, beside, parent], []).removed)).toEqual([
      "/devices/a-b",
      "/devices/a/b",
      "/devices/a",
    ]);
  });

  test.each([
    ["a property", { properties: { DEVNUM: "002", DRIVER: "usb" } }],
    ["an attribute", { attributes: { x: "1" } }],
    ["udev", { udev: { properties: {}, tags: ["seat"], links: [] } }],
  ])("shows a change of %s", (_, more) => {
    const { added, changed, removed } = diffDevices([parent, child], [{ ...parent, ...more }, child]);
    expect([names(added), names(changed), names(removed)]).toEqual([[], ["/devices/a"], []]);
  });

  test("takes a device exchanged on the same path for another, with all below it", () => {
    const other = { ...parent, properties: { DEVNUM: "003" } };
    const { added, changed, removed } = diffDevices([parent, child, beside], [other, child, beside]);
    expect([names(added), names(changed), names(removed)]).toEqual([
      ["/devices/a", "/devices/a/b"],
      [],
      ["/devices/a/b", "/devices/a"],
    ]);
  });
});
