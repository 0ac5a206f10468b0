import { posix } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { UdevnsError } from "@udevns/protocol";
import fc from "fast-check";
import { devPath, isDevPath, parents, relativeLink } from "../src/node-path.ts";

/** Parts from which paths that lead out are made, between harmless ones. */
const part = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("..", ".", "", "...", "dev", "~", "\\..", "%2e%2e", "..\u0000", "a\nb") },
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const anyPath = fc.oneof(
  fc.array(part, { maxLength: 6 }).map((parts) => parts.join("/")),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const plainPath = fc
  .array(
    fc.stringMatching(/^[a-z0-9_.:-]{1,20}$/).filter((name) => !/^\.\.?$/.test(name)),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join("/"));

/** @returns undefined where it is refused */
function accepted(path: string): string | undefined {
  try {
    return devPath(path);
  } catch (error) {
    expect(error).toBeInstanceOf(UdevnsError);
    expect(error).toMatchObject({ code: "UDEVNS_E_NODE_PATH" });
    return undefined;
  }
}

describe("a node's path", () => {
  test("leads to a place below /dev, or is refused", () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const result = accepted(path);
        expect(isDevPath(path)).toBe(result !== undefined);
        if (result === undefined) return;
        // The kernel shall find just what was asked for: nothing in it is resolved away, and no byte ends it early.
        expect(posix.normalize(`/${result}`)).toBe(`/dev/${path}`);
        expect(result).not.toMatch(/[\x00-\x1f\x7f]|\/$/);
        for (const name of result.split("/")) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      }),
      { numRuns: 2000 },
    );
  });

  test("is taken as it is where it is plain", () => {
    fc.assert(fc.property(plainPath, (path) => expect(devPath(path)).toBe(`dev/${path}`)));
  });

  test.each([
    "",
    "/",
    "/etc/passwd",
    "..",
    "../etc",
    "a/../../etc",
    "a/..",
    ".",
    "./a",
    "a/./b",
    "a//b",
    "a/",
    "a\u0000b",
    "a\nb",
    "\u007f",
    "x".repeat(256),
    // A name may have 255 bytes, not letters.
    "é".repeat(128),
  ])("%j is refused", (path) => expect(accepted(path)).toBeUndefined());

  test.each(["...", "..a", "a..", "x".repeat(255), "é".repeat(127), "snd/pcmC0D0p", "a b", "\\..\\x"])(
    "%j is taken",
    (path) => expect(accepted(path)).toBe(`dev/${path}`),
  );

  test("that is refused is shown so that a terminal takes no harm", () => {
    expect(() => devPath("a\u001b[2J")).toThrow(expect.objectContaining({ fields: { path: '"a\\u001b[2J"' } }));
  });
});

test.each([
  ["dev/sda", []],
  ["dev/input/event3", ["dev/input"]],
  ["dev/bus/usb/001/002", ["dev/bus", "dev/bus/usb", "dev/bus/usb/001"]],
])("above %s", (path, above) => expect(parents(path)).toEqual(above));

test("a relative link leads from its own directory to the node", () => {
  fc.assert(
    fc.property(plainPath, plainPath, (from, to) => {
      const link = relativeLink(devPath(from), devPath(to));
      expect(posix.isAbsolute(link)).toBe(false);
      expect(posix.join("/", posix.dirname(devPath(from)), link)).toBe(`/${devPath(to)}`);
    }),
  );
});
