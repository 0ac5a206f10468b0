import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { checkPolicy, parsePolicy } from "../src/index.ts";

const folder = new URL("policies/", import.meta.url);
const files = (kind: string): string[] => readdirSync(new URL(kind, folder)).sort();
const read = (file: string): { file: string; text: string } => ({
  file,
  text: readFileSync(new URL(file, folder), "utf8"),
});

/** `# expect: CODE LINE:COLUMN WORDS OF THE MEND`, one for each finding; the words may be left out. */
const expected = (text: string): { place: string; mend: string }[] =>
  [...text.matchAll(/^# expect: (\S+ \d+:\d+) ?(.*)$/gm)].map(([, place, mend]) => ({ place: place!, mend: mend! }));

describe("a good file has no findings", () => {
  test.each(files("good"))("%s", (name) => {
    const check = checkPolicy([read(`good/${name}`)]);
    expect(check).toMatchObject({ ok: true, diagnostics: [] });
    expect(check.rules).toBeGreaterThan(0);
  });
});

describe.each([
  ["bad", false],
  ["warn", true],
])("each finding of a %s file has its code and its place", (kind, ok) => {
  test.each(files(kind))("%s", (name) => {
    const source = read(`${kind}/${name}`);
    const check = checkPolicy([source]);
    const found = check.diagnostics.map(({ code, line, column }) => `${code} ${line}:${column}`);
    const wanted = expected(source.text);
    expect(found.sort()).toEqual(wanted.map(({ place }) => place).sort());
    const said = check.diagnostics.map(({ message, mend }) => `${message} ${mend}`).join("\n");
    for (const { mend } of wanted) expect(said).toContain(mend);
    expect(check.ok).toBe(ok);
  });
});

describe("several files", () => {
  const rule = (name: string) =>
    `version: 1\nrules:\n  - { name: ${name}, match: { subsystem: ${name} }, deny: true }\n`;

  test("are one list of rules, in the order given", () => {
    const parsed = parsePolicy([
      { file: "10.yaml", text: rule("tty") },
      { file: "20.yaml", text: rule("block") },
    ]);
    expect("policy" in parsed && parsed.policy.rules.map(({ name, file, line }) => [name, file, line])).toEqual([
      ["tty", "10.yaml", 3],
      ["block", "20.yaml", 3],
    ]);
  });

  test("with one that is wrong are all refused, and the finding names its file", () => {
    const parsed = parsePolicy([
      { file: "10.yaml", text: rule("tty") },
      { file: "20.yaml", text: "version: 1\nrulez: []\n" },
      { file: "30.yaml", text: rule("tty") },
    ]);
    expect("errors" in parsed && parsed.errors.map(({ file, code }) => [file, code])).toEqual([
      ["20.yaml", "missing-key"],
      ["20.yaml", "unknown-key"],
      ["30.yaml", "duplicate-name"],
    ]);
  });
});

describe("the hash", () => {
  const hash = (...texts: string[]): string => {
    const parsed = parsePolicy(texts.map((text, i) => ({ file: `${i}`, text })));
    if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));
    return parsed.policy.hash;
  };
  const a = "version: 1\nrules:\n  - { name: a, match: { subsystem: tty, vendor: 0403 }, give: { container: x } }\n";

  test("does not hang on layout, comments, quotes, files or the order of keys", () => {
    const b =
      '# x\nversion: "1"\nrules:\n- give: {container: x}\n  match:\n    vendor: "0403"\n    subsystem: tty\n  name: a\n';
    expect(hash(b)).toBe(hash(a));
    expect(hash(a, "version: 1\nrules: []\n")).toBe(hash(a));
  });

  test("hangs on every rule and on their order", () => {
    const c = a.replaceAll("a, match", "c, match").replace("tty", "block");
    expect(hash(a.replace("0403", "0404"))).not.toBe(hash(a));
    expect(hash(a, c)).not.toBe(hash(c, a));
  });
});
