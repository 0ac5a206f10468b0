import { createHash } from "node:crypto";
import { type CompiledGive, compileGive } from "./compile-give.ts";
import { type CompiledMatch, compileMatch } from "./compile-match.ts";
import { decode, type Places } from "./decode.ts";
import { type Diagnostic, diagnosticCodes, type Report } from "./diagnostic.ts";
import { PolicyFile, type Rule } from "./schema.ts";
import { readYaml } from "./yaml.ts";

export interface PolicySource {
  readonly file: string;
  readonly text: string;
}

export interface CompiledRule {
  readonly name: string;
  readonly match: CompiledMatch;
  readonly outcome: { readonly kind: "give"; readonly give: CompiledGive } | { readonly kind: "deny" };
}

export interface CompiledPolicy {
  /** SHA-256 of the rules in canonical form: the same for the same meaning, whatever the files' layout. */
  readonly hash: string;
  readonly rules: readonly CompiledRule[];
  /** True where a rule may wait for the host's udev. */
  readonly needsUdev: boolean;
}

export type ParsedPolicy =
  | { readonly policy: CompiledPolicy; readonly warnings: readonly Diagnostic[] }
  | { readonly errors: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] };

/** Reads and compiles policy files, in the order given. Never throws: errors and warnings come with their places. */
export function parsePolicy(sources: readonly PolicySource[]): ParsedPolicy {
  const found: Diagnostic[] = [];
  const rules = sources.flatMap((source) => readRules(source, found));
  const errors = found.filter(({ severity }) => severity === "error");
  const warnings = found.filter(({ severity }) => severity === "warning");
  if (errors.length > 0) return { errors, warnings };
  const compiled = rules.map(compileRule);
  return {
    policy: { hash: hashOf(rules), rules: compiled, needsUdev: compiled.some(({ match }) => match.needsUdev) },
    warnings,
  };
}

function readRules({ file, text }: PolicySource, found: Diagnostic[]): readonly Rule[] {
  const pending: Parameters<Report>[] = [];
  const report: Report = (...finding) => void pending.push(finding);
  const { root, place } = readYaml(text, report);
  const places: Places = new WeakMap();
  const decoded = root === undefined ? undefined : decode(PolicyFile, root, report, places);
  for (const [span, code, message, mend] of pending) {
    found.push({ file, ...place(span.start), code, message, mend, severity: diagnosticCodes[code] });
  }
  return decoded?.rules ?? [];
}

function compileRule(rule: Rule): CompiledRule {
  return {
    name: rule.name,
    match: compileMatch(rule.match),
    outcome: rule.give === undefined ? { kind: "deny" } : { kind: "give", give: compileGive(rule.give) },
  };
}

/** Keys sorted, so that their order in the file does not count; the order of rules does. */
const canonical = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(canonical)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, part]) => [key, canonical(part)]),
        )
      : value;

const hashOf = (rules: readonly Rule[]): string =>
  createHash("sha256")
    .update(JSON.stringify(canonical(rules)), "utf8")
    .digest("hex");
