import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatInterfaces } from "../src/usb-interfaces.ts";

const device = Buffer.from("12010002000000402706010000000104020101", "hex").subarray(0, 18);
const configuration = Buffer.from("090222000101080a32".padEnd(18, "0"), "hex");
const keyboard = Buffer.from("090400000103010100", "hex");
const hid = Buffer.from("09210101000122 3f00".replace(" ", ""), "hex");
const endpoint = Buffer.from("07058103080007", "hex");
const mouse = Buffer.from("090401000103010200", "hex");

test("the interfaces of a keyboard with a mouse in it", () => {
  const descriptors = Buffer.concat([device, configuration, keyboard, hid, endpoint, mouse, hid, endpoint]);
  expect(formatInterfaces(descriptors)).toBe(":030101:030102:");
});

test("the same interface twice is named once", () => {
  expect(formatInterfaces(Buffer.concat([keyboard, keyboard]))).toBe(":030101:");
});

test("a descriptor that is cut short ends the list", () => {
  expect(formatInterfaces(Buffer.concat([keyboard, mouse.subarray(0, 5)]))).toBe(":030101:");
});

test("nothing in it is no crash", () => {
  expect(formatInterfaces(Buffer.alloc(0))).toBeUndefined();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void formatInterfaces(Buffer.from(bytes))));
});
