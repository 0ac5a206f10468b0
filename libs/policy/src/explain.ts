import type { Claim, GateWish } from "@udevns/protocol";
import { type CompiledMatch, deviceMatches, unitMatches } from "./compile-match.ts";
import { claimOn, type DecisionInput, decide, type UnitDecision } from "./decide.ts";
import type { DeviceFacts, UnitFacts } from "./facts.ts";
import { gateFor } from "./gate-rule.ts";

/** Where a rule failed: on the device of the unit that came farthest, the first condition that did not hold. */
export interface Failure {
  readonly condition: string;
  /** Devpath. Not there where the whole unit was asked. */
  readonly device?: string;
  /** What is there instead. */
  readonly actual?: string;
}

export interface RuleTrace {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  /** `passed`: it matches, but its container is absent and it says `absent: next`; `unasked`: a rule above has won. */
  readonly result: "won" | "failed" | "pending" | "passed" | "unasked";
  readonly failure?: Failure;
}

export interface Explanation {
  readonly unit: { readonly root: string; readonly identity: string; readonly port?: string };
  readonly claim?: Claim;
  readonly rules: readonly RuleTrace[];
  /** What went wrong in a `when:` while it ran; the rule counted as not matching. */
  readonly faults: readonly { readonly expression: string; readonly message: string }[];
  readonly decision: UnitDecision;
  /** Of each owner for which the policy has one: whether it hears the host's own events. */
  readonly gates: readonly GateTrace[];
}

export interface GateTrace {
  readonly container: string;
  readonly gate: GateWish;
  readonly file: string;
  readonly line: number;
}

/** Decides as `decide` does, by the same code, and tells about every rule. */
export function explain(input: DecisionInput): Explanation {
  let facts: UnitFacts | undefined;
  const faults = new Map<string, string>();
  const rules: RuleTrace[] = [];
  const decision = decide(input, {
    start: (made) => {
      facts = made;
    },
    asked: ({ name, file, line, match }, matched) => {
      const trace = { rule: name, file, line };
      if (matched === "yes") rules.push({ ...trace, result: "passed" });
      else if (matched === "unknown") rules.push({ ...trace, result: "pending" });
      else rules.push({ ...trace, result: "failed", failure: failureOf(match, facts!) });
    },
    fault: (expression, message) => faults.set(expression, message),
  });
  const last = rules.at(-1);
  if (last?.result === "passed" && decides(decision, last.rule)) rules[rules.length - 1] = { ...last, result: "won" };
  for (const { name, file, line } of input.policy.rules.slice(rules.length)) {
    rules.push({ rule: name, file, line, result: "unasked" });
  }
  const { root, identity, port } = input.unit;
  const claim = claimOn(input);
  return {
    unit: { root, identity, ...(port !== undefined && { port }) },
    ...(claim !== undefined && { claim }),
    rules,
    faults: Array.from(faults, ([expression, message]) => ({ expression, message })),
    decision,
    gates: gatesOf(input, decision),
  };
}

function gatesOf({ containers, policy }: DecisionInput, decision: UnitDecision): GateTrace[] {
  if (decision.kind !== "owned") return [];
  return [...containers]
    .filter(({ name }) => decision.owners.includes(name))
    .flatMap((container) => {
      const found = gateFor(policy, container);
      return found === undefined ? [] : [{ container: container.name, gate: found.gate, ...found.place }];
    });
}

const decides = (decision: UnitDecision, rule: string): boolean =>
  "by" in decision
    ? decision.by.kind === "rule" && decision.by.rule === rule
    : "rule" in decision && decision.rule === rule;

function failureOf(match: CompiledMatch, facts: UnitFacts): Failure {
  const best = farthest(match, facts.devices);
  const failed = best === undefined ? undefined : match.conditions[best.held];
  if (best !== undefined && failed !== undefined) {
    const actual = failed.actual?.(best.device);
    return {
      condition: failed.text,
      device: best.device.record.devpath,
      ...(actual !== undefined && { actual }),
    };
  }
  if (match.anyOf.length > 0 && !match.anyOf.some((part) => unitMatches(part, facts) !== "no")) {
    return { condition: "any-of: no part holds" };
  }
  const all = match.allOf.findIndex((part) => unitMatches(part, facts) === "no");
  if (all >= 0) return { condition: `all-of: part ${all + 1} does not hold: ${textOf(match.allOf[all]!)}` };
  const none = match.noneOf.findIndex((part) => unitMatches(part, facts) === "yes");
  const device = facts.devices.find((candidate) => deviceMatches(match.noneOf[none]!, candidate) === "yes");
  return {
    condition: `none-of: part ${none + 1} holds: ${textOf(match.noneOf[none]!)}`,
    ...(device !== undefined && { device: device.record.devpath }),
  };
}

const textOf = ({ conditions }: CompiledMatch): string => conditions.map(({ text }) => text).join(", ");

/** The device for which most conditions hold before one fails. */
function farthest(
  { conditions }: CompiledMatch,
  devices: readonly DeviceFacts[],
): { device: DeviceFacts; held: number } | undefined {
  let best: { device: DeviceFacts; held: number } | undefined;
  for (const device of devices) {
    const failed = conditions.findIndex((condition) => condition.test(device) === "no");
    const held = failed < 0 ? conditions.length : failed;
    if (best === undefined || held > best.held) best = { device, held };
  }
  return best;
}
