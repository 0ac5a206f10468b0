import { describe, expect, test } from "@jest/globals";
import { bloom64, murmur2 } from "../src/index.ts";

describe("the hash of libudev's filter words", () => {
  // From MurmurHash2.c with seed 0 (systemd's src/basic), compiled and run on a little-endian machine.
  test.each([
    ["", 0x00000000],
    ["a", 0x92685f5e],
    ["usb", 0x0577c5e5],
    ["block", 0xf0031db7],
    ["input", 0xc1a28470],
  ])("of %j is %i", (text, hash) => {
    expect(murmur2(text)).toBe(hash);
  });
});

describe("the Bloom filter of tags", () => {
  test("has at most four bits a tag and none for no tag", () => {
    expect(bloom64([])).toBe(0n);
    const bits = bloom64(["seat"]).toString(2).replace(/0/g, "").length;
    expect(bits).toBeGreaterThan(0);
    expect(bits).toBeLessThanOrEqual(4);
  });

  test("is the union of its tags' filters", () => {
    expect(bloom64(["seat", "uaccess"])).toBe(bloom64(["seat"]) | bloom64(["uaccess"]));
  });
});
