import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "yaml";
import { decide, parsePolicy } from "../src/index.ts";
import { parseUdev, type UdevToken, udevKeys } from "../src/udev-syntax.ts";
import { example, situation } from "./support.ts";

/** `UDEVNS_FUZZ_SECONDS=600` runs each for ten minutes; else each is brief. */
const seconds = Number(process.env.UDEVNS_FUZZ_SECONDS ?? 0);
const runs = seconds > 0 ? { numRuns: 1e9, interruptAfterTimeLimit: seconds * 1000 } : { numRuns: 150 };
jest.setTimeout(180_000 + seconds * 2000);

/** Prints what a long run did. */
function noted(name: string, property: fc.IRawProperty<[string]>): void {
  const details = fc.check(property as fc.IProperty<[string]>, runs) as fc.RunDetails<[string]>;
  if (seconds > 0)
    process.stderr.write(`${name}: ${details.numRuns} runs, ${details.failed ? "FAILED" : "nothing found"}\n`);
  if (details.failed) throw new Error(fc.defaultReportMessage(details));
}

const folder = new URL("policies/", import.meta.url);
const seeds = ["good", "bad", "warn"].flatMap((kind) =>
  readdirSync(new URL(`${kind}/`, folder)).map((name) => readFileSync(new URL(`${kind}/${name}`, folder), "utf8")),
);

/** A seed with some pieces cut out, doubled, or replaced by others' pieces and by characters that mean something. */
function mutated(seeds: readonly string[], marks: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 12 }),
    piece: fc.oneof(
      fc.constantFrom(...marks),
      fc.string({ maxLength: 6 }),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
    times: fc.integer({ min: 0, max: 40 }),
  });
  return fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 6 })).map(([seed, edits]) =>
    edits.reduce((text, { at, length, piece, times }) => {
      const start = Math.floor(at * text.length);
      return text.slice(0, start) + piece.repeat(Math.max(1, times - 30)) + text.slice(start + length);
    }, seed),
  );
}

const freeMaps = new Set(["property", "attribute", "labels"]);
const known = new Set(
  [
    ...readFileSync(new URL("../schema/policy.schema.json", import.meta.url), "utf8").matchAll(
      /^\s+"([a-z-]+)": \{$/gm,
    ),
  ].map(([, key]) => key!),
);

/** Keys of a document that no schema knows. */
function strangers(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(strangers);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [
    ...(known.has(key) ? [] : [key]),
    ...(freeMaps.has(key) ? [] : strangers(part)),
  ]);
}

describe("whatever is written", () => {
  test("in YAML, it is accepted as it stands or refused with a place, and never throws", () => {
    const marks = [
      ": ",
      "- ",
      "\n",
      "  ",
      "[",
      "]",
      "{",
      "}",
      "*a",
      "&a ",
      "<<: *a",
      "!!str ",
      "|\n",
      ">-\n",
      "'",
      '"',
      "#",
      "~",
      "? ",
      "\t",
      "%",
      "...\n",
      "---\n",
    ];
    const yaml = fc.oneof(
      mutated(seeds, marks),
      fc.array(fc.constantFrom(...marks, "rules", "match", "version: 1\n")).map((all) => all.join("")),
    );
    noted(
      "yaml",
      fc.property(yaml, (text) => {
        const parsed = parsePolicy([{ file: "f.yaml", text }]);
        const lines = text.split(/\r\n|\r|\n/).length;
        for (const { line, column } of [...("errors" in parsed ? parsed.errors : []), ...parsed.warnings]) {
          expect(line >= 1 && line <= lines + 1 && column >= 1).toBe(true);
        }
        if ("errors" in parsed) expect(parsed.errors.length).toBeGreaterThan(0);
        else expect(strangers(parse(text, { schema: "failsafe", maxAliasCount: -1 }))).toEqual([]);
      }),
    );
  });

  test("in udev's syntax, it is taken whole or refused with a place", () => {
    const lines = [
      'SUBSYSTEM=="input", ATTRS{idVendor}=="046d", ENV{ID_SERIAL_SHORT}!="A1*"',
      'KERNEL=="event[0-9]|js?" TAGS=="seat"',
      'ACTION=="add"',
      'NAME=="a\\"b"',
    ];
    const marks = [
      "==",
      "!=",
      "=",
      '"',
      "{",
      "}",
      ",",
      " ",
      "\\",
      "|",
      "[",
      "]",
      "*",
      "e",
      "i",
      ...Object.keys(udevKeys),
    ];
    const line = fc.oneof(
      mutated(lines, marks),
      fc.array(fc.constantFrom(...marks)).map((all) => all.join("")),
    );
    const write = ({ key, name, negated, pattern }: UdevToken): string =>
      `${key}${name === undefined ? "" : `{${name}}`}${negated ? "!=" : "=="}"${pattern.replaceAll('"', '\\"')}"`;
    noted(
      "udev",
      fc.property(line, (text) => {
        const parsed = parseUdev(text);
        if ("code" in parsed) return void expect(parsed.offset >= 0 && parsed.offset <= text.length).toBe(true);
        // Nothing of the text but blanks and commas may be lost on the way.
        const bare = (line: string): string => line.replace(/[\s,]/g, "");
        expect(bare(parsed.map(write).join(","))).toBe(bare(text));
        const quoted = text.replaceAll("'", "''");
        if (/[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff\u2028\u2029\ufeff]/.test(text)) return;
        const policy = parsePolicy([
          { file: "f", text: `version: 1\nrules:\n- { name: x, match: { udev: '${quoted}' }, deny: true }\n` },
        ]);
        if ("policy" in policy) decide(situation({ policy: policy.policy, devices: example("modem") }));
      }),
    );
  });

  test("in CEL, it compiles or is refused with a place, and runs to an end", () => {
    const lines = [
      'device.subsystem == "input" && parents.exists(p, p.attributes["idVendor"] == "046d")',
      'glob(serial, "A*") || hour in [8, 9, 10] ? vendor == "0403" : !("keyboard" in classes)',
      'parents.map(p, p.kernel).filter(k, k.startsWith("1-")).size() > 1 && device.minor % 2 == 0',
      'duration("1h") > duration("1m") && string(device.major) + "x" != "1x" && [1, 2, 3].all(x, x > 0)',
    ];
    const marks = [
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      ".",
      "&&",
      "||",
      "!",
      "?",
      ":",
      ",",
      "+",
      "*",
      "%",
      "==",
      " in ",
      '"',
      "'",
      "r'",
      "b'",
      "device",
      "parents",
      "size",
      "map(x, ",
      "1e9",
      "-",
      "9223372036854775807",
    ];
    noted(
      "cel",
      fc.property(mutated(lines, marks), (expression) => {
        const file = JSON.stringify({ version: 1, rules: [{ name: "x", match: { when: expression }, deny: true }] });
        const parsed = parsePolicy([{ file: "f", text: file }]);
        if ("errors" in parsed)
          return void expect(parsed.errors.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
        expect(["denied", "unowned"]).toContain(
          decide(situation({ policy: parsed.policy, devices: example("modem") })).kind,
        );
      }),
    );
  });

  test.each([
    ["brackets", "[".repeat(100_000)],
    ["braces", "{a: ".repeat(100_000)],
    ["dashes", "- ".repeat(20_000)],
    ["keys in keys", Array.from({ length: 3000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
    ["questions", "? ".repeat(20_000)],
    ["quotes", '"'.repeat(20_000)],
    ["anchors", "&a ".repeat(10_000)],
    ["a long line", `version: ${"1".repeat(1_000_000)}`],
    ["an alias of itself", "a: &a [*a]"],
  ])("nested or long without end, %s, it is refused", (_, text) => {
    expect(parsePolicy([{ file: "f", text }])).toHaveProperty("errors");
  });
});
