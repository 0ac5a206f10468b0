import { type CompiledGive, compileGive } from "./compile-give.ts";
import { type CompiledMatch, compileMatch } from "./compile-match.ts";
import type { Reader } from "./reader.ts";
import type { Match, Rule } from "./schema.ts";

export type Outcome = { readonly kind: "give"; readonly give: CompiledGive } | { readonly kind: "deny" };

export interface CompiledRule {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly match: CompiledMatch;
  readonly outcome: Outcome;
}

/** A rule as it was read, with its compiled form and whom to tell about it. */
export interface ReadRule {
  readonly rule: Rule;
  readonly compiled: CompiledRule;
  readonly reader: Reader;
}

/** Compiles one rule; undefined where it says not what to do, which is reported as all else that is wrong. */
export function compileRule(
  rule: Rule,
  place: { file: string; line: number },
  reader: Reader,
): CompiledRule | undefined {
  const match = compileMatch(rule.match, reader);
  const outcome = compileOutcome(rule, reader);
  return outcome && { name: rule.name, ...place, match, outcome };
}

function compileOutcome(rule: Rule, reader: Reader): Outcome | undefined {
  const { give, deny } = rule;
  if ((give === undefined) === (deny !== true)) {
    const message = give === undefined ? "says not what to do" : "says both `give` and `deny`";
    reader.fail(
      rule,
      "name",
      "no-outcome",
      `rule \`${rule.name}\` ${message}`,
      "write either `give: {…}` or `deny: true`",
    );
    return undefined;
  }
  if (give === undefined) return { kind: "deny" };
  const named = give.container ?? give.labels ?? give.runtime ?? (give["owner-of-port"] === true || undefined);
  if (named === undefined || (typeof give.labels === "object" && Object.keys(give.labels).length === 0)) {
    const mend = "name a `container`, `labels`, a `runtime` or `owner-of-port: true`";
    reader.fail(rule, "give", "no-recipient", `rule \`${rule.name}\` gives to nobody in particular`, mend);
  }
  return { kind: "give", give: compileGive(give, reader) };
}

/** True where the match asks nothing of the device itself. */
export const asksNothing = (match: Match): boolean =>
  Object.keys(match).every((key) => key === "host" || key === "time" || key === "arrival");
