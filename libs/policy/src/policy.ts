import { createHash } from "node:crypto";
import { canonical } from "./canonical.ts";
import type { CompiledMatch } from "./compile-match.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type PolicySource, readDocument } from "./document.ts";
import { type CompiledGate, compileGates } from "./gate-rule.ts";
import { lint } from "./lint.ts";
import { reader } from "./reader.ts";
import { type CompiledRule, compileRule, type ReadRule } from "./rule.ts";
import { buildIndex, type RuleIndex } from "./rule-index.ts";
import { PolicyFile } from "./schema.ts";

export interface CompiledPolicy {
  /** SHA-256 of rules and gates in canonical form: the same for the same, whatever the files' layout and names. */
  readonly hash: string;
  readonly rules: readonly CompiledRule[];
  /** For each container the first that takes it. */
  readonly gates: readonly CompiledGate[];
  readonly index: RuleIndex;
  /** True where a rule may wait for the host's udev. */
  readonly needsUdev: boolean;
  /** True where a decision may change with the clock; once a minute is often enough to decide anew. */
  readonly timed: boolean;
  /** The sysfs attributes that rules read, sorted: capture has to bring these. */
  readonly attributes: readonly string[];
}

export type ParsedPolicy =
  | { readonly policy: CompiledPolicy; readonly warnings: readonly Diagnostic[] }
  | { readonly errors: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] };

/** Reads and compiles policy files, in the order given. Never throws: errors and warnings come with their places. */
export function parsePolicy(sources: readonly PolicySource[]): ParsedPolicy {
  const found: Diagnostic[] = [];
  const files = sources.flatMap((source) => readFile(source, found) ?? []);
  const rules = files.flatMap((file) => file.rules);
  const index = buildIndex(rules.map(({ compiled }) => compiled.match));
  const sound = found.every(({ severity }) => severity !== "error");
  lint(rules, sound ? index : undefined);
  found.sort((a, b) => sources.findIndex(is(a)) - sources.findIndex(is(b)) || a.line - b.line || a.column - b.column);
  const errors = found.filter(({ severity }) => severity === "error");
  const warnings = found.filter(({ severity }) => severity === "warning");
  return errors.length > 0 ? { errors, warnings } : { policy: assemble(files, index), warnings };
}

const is =
  (diagnostic: Diagnostic) =>
  ({ file }: PolicySource): boolean =>
    file === diagnostic.file;

interface ReadFile {
  readonly rules: readonly ReadRule[];
  readonly gates: readonly CompiledGate[];
}

function readFile(source: PolicySource, found: Diagnostic[]): ReadFile | undefined {
  const document = readDocument(PolicyFile, source, found);
  if (document === undefined) return undefined;
  const { value, places, report, lineOf } = document;
  const tell = reader(source.text, places, report);
  if (value.rules.length === 0) {
    tell.fail(value, "rules", "no-rules", "there are no rules", "nothing is given to any container");
  }
  const rules = value.rules.flatMap((rule) => {
    const compiled = compileRule(rule, { file: source.file, line: lineOf(rule, "name") }, tell);
    return compiled === undefined ? [] : [{ rule, compiled, reader: tell }];
  });
  const gates = compileGates(value.gates ?? [], (rule) => ({ file: source.file, line: lineOf(rule, "gate") }), tell);
  return { rules, gates };
}

function assemble(files: readonly ReadFile[], index: RuleIndex): CompiledPolicy {
  const rules = files.flatMap((file) => file.rules);
  const gates = files.flatMap((file) => file.gates);
  const compiled = rules.map((rule) => rule.compiled);
  const matches = compiled.flatMap(allMatches);
  const written = rules.map(({ rule }) => rule);
  const meaning = gates.length === 0 ? written : { gates: gates.map(({ rule }) => rule), rules: written };
  return {
    hash: createHash("sha256").update(canonical(meaning), "utf8").digest("hex"),
    rules: compiled,
    gates,
    index,
    needsUdev: matches.some(({ needsUdev }) => needsUdev),
    timed: matches.some(({ timed }) => timed),
    attributes: [...new Set(matches.flatMap(attributesOf))].sort(),
  };
}

function allMatches({ match, outcome }: CompiledRule): CompiledMatch[] {
  if (outcome.kind === "deny") return [match];
  const { omit, only, nodes } = outcome.give.handling;
  return [match, ...omit, ...only, ...nodes.flatMap((node) => node.match ?? [])];
}

const attributesOf = ({ conditions, anyOf, allOf, noneOf }: CompiledMatch): string[] => [
  ...conditions.flatMap(({ attributes }) => attributes ?? []),
  ...[...anyOf, ...allOf, ...noneOf].flatMap(attributesOf),
];
