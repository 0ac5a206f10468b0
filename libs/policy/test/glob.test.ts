import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { compileGlob } from "../src/index.ts";

describe("a glob", () => {
  test.each([
    ["zram*", "zram0", true],
    ["zram*", "xzram0", false],
    ["*js?", "input/js0", true],
    ["*js?", "input/js10", false],
    ["input/*", "input/by-id/x", true],
    ["event[0-9]", "event7", true],
    ["event[!0-9]", "event7", false],
    ["event[0-9]", "event77", false],
    ["[]x]", "]", true],
    ["a|b*|c", "bcd", true],
    ["a|b*|c", "ac", false],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["a\\|b", "a|b", true],
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["?*", "", false],
    ["*a*b*c", "xaybzc", true],
    ["*a*b*c", "xaybz", false],
    ["?", "😀", true],
    ["event1", "event10", false],
    ["(a+)+$", "(a+)+$", true],
  ])("%j on %j: %s", (pattern, text, wanted) => expect(compileGlob(pattern).test(text)).toBe(wanted));

  test.each(["[", "[a", "[!", "a\\", "[\\"])("%j is refused", (pattern) => {
    expect(() => compileGlob(pattern)).toThrow(SyntaxError);
  });

  test("of a text with its wildcards escaped matches that text and no other", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        const glob = compileGlob(text.replace(/[\\*?[|]/g, "\\$&"));
        expect(glob.literals).toEqual([text]);
        expect(glob.test(other)).toBe(text === other);
      }),
    );
  });

  test("matches as a regular expression of the same meaning does", () => {
    const pattern = fc.array(fc.constantFrom("*", "?", "a", "b", "ab", "|"), { maxLength: 8 });
    const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (parts, chars) => {
        const words: Record<string, string> = { "*": "[^]*", "?": "[^]" };
        const same = new RegExp(`^(?:${parts.map((part) => words[part] ?? part).join("")})$`);
        expect(compileGlob(parts.join("")).test(chars.join(""))).toBe(same.test(chars.join("")));
      }),
      { numRuns: 1000 },
    );
  });

  test("starts with its prefixes, whatever it matches", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("*", "a", "b", "|", "[ab]")),
        fc.array(fc.constantFrom("a", "b")),
        (parts, chars) => {
          const glob = compileGlob(parts.join(""));
          const text = chars.join("");
          if (glob.test(text) && glob.prefixes !== undefined) {
            expect(glob.prefixes.some((prefix) => text.startsWith(prefix))).toBe(true);
          }
        },
      ),
    );
  });
});
