import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { decide, diagnosticCodes, parsePolicy, testPolicy } from "../src/index.ts";
import { keyTable } from "../src/match-keys.ts";
import { Give } from "../src/schema.ts";
import { example, nodes, outcome, policy, running, situation } from "./support.ts";

/**
 * In docs/policy.md a block of YAML is a policy, and the table behind it says what comes of it: `plugged in` names a file of
 * examples/policy/devices (`, inserted` if it came while the host was up), `running` the containers (all if not given),
 * `at` the time, `goes to` the owners or the kind of decision, `nodes` what they get. A block that begins with
 * `# policy-test` is a test file for the first policy.
 */
const page = readFileSync(new URL("../../../docs/policy.md", import.meta.url), "utf8");
const blocks = [
  ...page.matchAll(/(?:^###? (.+)\n(?:(?!^#)[\s\S])*?)?^```yaml\n([\s\S]*?)^```\n\n?((?:^\|.*\n)*)/gm),
].map(([, title, yaml, table]) => ({ title: title ?? "the first example", yaml: yaml!, table: table! }));
const policies = blocks.filter(({ yaml }) => !yaml.startsWith("# policy-test"));

type Row = Record<string, string>;

function rows(table: string): Row[] {
  const [head, , ...body] = table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return body.map((cells) => Object.fromEntries(cells.map((cell, i) => [head![i]!, cell])));
}

const list = (cell: string): string[] =>
  cell
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

describe("docs/policy.md", () => {
  test("has the examples that it speaks of", () => {
    expect(policies.length).toBe(18);
    expect(page.match(/^```yaml$/gm)).toHaveLength(blocks.length);
  });

  describe.each(policies)("$title", ({ yaml, table }) => {
    test("compiles without a finding", () => {
      expect(parsePolicy([{ file: "policy.md", text: yaml }])).toMatchObject({
        warnings: [],
        policy: expect.anything(),
      });
    });

    test.each(rows(table))("$goes to", (row) => {
      const [name, arrival] = list(row["plugged in"]!);
      const devices = example(name!).map((device) =>
        arrival === "inserted" ? { ...device, arrival: "inserted" as const } : device,
      );
      const containers = row.running === undefined ? running() : running(...list(row.running));
      const now = new Date(row.at || 0);
      const decision = decide(situation({ policy: policy(yaml), devices, containers, now }));
      expect(outcome(decision)).toBe(list(row["goes to"]!).join(", "));
      if (row.nodes !== undefined)
        expect(nodes(decision).filter((node, i, all) => all.indexOf(node) === i)).toEqual(list(row.nodes));
    });
  });

  test("shows a test that passes", () => {
    const cases = blocks.find(({ yaml }) => yaml.startsWith("# policy-test"))!;
    const result = testPolicy(policy(policies[0]!.yaml), { file: "policy.md", text: cases.yaml });
    expect(result).toMatchObject({ ok: true, results: [{ ok: true }, { ok: true }, { ok: true }] });
  });

  test.each([
    ["key of match", [...Object.keys(keyTable), "any-of", "all-of", "none-of"]],
    ["key of give", Object.keys(Give.properties)],
    ["finding", Object.keys(diagnosticCodes)],
  ])("names each %s", (_, names) => {
    const named = new Set(
      [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) =>
        [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
      ),
    );
    expect(names.filter((name) => !named.has(name))).toEqual([]);
  });
});
