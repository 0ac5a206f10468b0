import { describe, expect, jest, test } from "@jest/globals";
import { Value } from "@sinclair/typebox/value";
import fc from "fast-check";
import { decode } from "../src/check.ts";
import { isUdevnsError } from "../src/error.ts";
import { schemas } from "../src/schemas.ts";
import { arbitraryOf, nearly } from "./support/arbitrary.ts";

/** `UDEVNS_FUZZ_SECONDS=600` runs each for ten minutes; else each is brief. */
const seconds = Number(process.env.UDEVNS_FUZZ_SECONDS ?? 0);
const runs = seconds > 0 ? { numRuns: 1e9, interruptAfterTimeLimit: seconds * 1000 } : { numRuns: 150 };
jest.setTimeout(180_000 + seconds * 2000);

describe.each(Object.entries(schemas))("%s", (_, schema) => {
  test("whatever fits it is read as it is", () => {
    fc.assert(
      fc.property(arbitraryOf(schema), (value) => {
        const text = JSON.stringify(value);
        expect(decode(schema, text, "fuzz")).toEqual(JSON.parse(text));
      }),
      runs,
    );
  });

  test("whatever does not is refused as a bad message, and nothing else happens", () => {
    fc.assert(
      fc.property(nearly(schema), (value) => {
        const text = JSON.stringify(value) ?? "";
        try {
          decode(schema, text, "fuzz");
        } catch (error) {
          if (!isUdevnsError(error, "UDEVNS_E_MESSAGE")) throw error;
          return;
        }
        // The compiled check and the slow one, which is another code, are of one mind.
        expect(Value.Check(schema, JSON.parse(text))).toBe(true);
      }),
      runs,
    );
  });

  test("bytes that are no JSON are refused too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decode(schema, bytes, "fuzz");
        } catch (error) {
          if (!isUdevnsError(error, "UDEVNS_E_MESSAGE")) throw error;
        }
      }),
      runs,
    );
  });
});
