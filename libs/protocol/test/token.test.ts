import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { deviceKey, token, untoken } from "../src/index.ts";

describe("token", () => {
  test.each([
    ["c1", "c1"],
    ["scsi_disk", "scsi_disk"],
    ["lab.example.org", "lab=2Eexample=2Eorg"],
    ["a b", "a=20b"],
    ["*", "=2A"],
    [">", "=3E"],
    ["", "="],
    ["ü", "=C3=BC"],
    ["a=b", "a=3Db"],
  ])("%j becomes %s", (name, encoded) => expect(token(name)).toBe(encoded));

  test("holds only characters that are legal in a subject token and a KV key", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (name) => /^[A-Za-z0-9_=-]+$/.test(token(name))),
    );
  });

  test("is injective", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.string({ unit: "binary", maxLength: 200 }),
        (a, b) => {
          fc.pre(!Buffer.from(a).equals(Buffer.from(b)));
          return token(a) !== token(b);
        },
      ),
    );
  });

  test("reads back what it wrote while it fits", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), (name) => untoken(token(name)) === Buffer.from(name).toString()),
    );
  });

  test("cuts a hostile 10 kB name and keeps two of them apart", () => {
    const long = "x".repeat(10_000);
    expect(token(long).length).toBeLessThanOrEqual(96);
    expect(token(long)).not.toBe(token(`${long}y`));
    expect(untoken(token(long))).toBeUndefined();
  });
});

describe("deviceKey", () => {
  test("starts with the kernel name and tells equal names apart", () => {
    expect(deviceKey("/devices/a/event1")).toMatch(/^event1-[0-9a-f]{12}$/);
    expect(deviceKey("/devices/a/event1")).not.toBe(deviceKey("/devices/b/event1"));
  });
});
