import { DeviceDatabase } from "@udevns/devices";
import type { Claim } from "@udevns/protocol";
import { containerFromSketch } from "./container-sketch.ts";
import { type DecisionInput, decide, type UnitDecision } from "./decide.ts";
import { fromSketch } from "./device-sketch.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type PolicySource, readDocument } from "./document.ts";
import type { CompiledPolicy } from "./policy.ts";
import { type Expectation, PolicyTestFile } from "./test-schema.ts";

export interface CaseResult {
  readonly name: string;
  readonly line: number;
  readonly ok: boolean;
  readonly expected: string;
  readonly got: string;
}

export type PolicyTestResult =
  | { readonly ok: boolean; readonly results: readonly CaseResult[] }
  | { readonly ok: false; readonly errors: readonly Diagnostic[] };

type Case = PolicyTestFile["cases"][number];

/** Runs a file of cases against a policy. Never throws: a file that cannot be read gives its errors with their places. */
export function testPolicy(policy: CompiledPolicy, source: PolicySource): PolicyTestResult {
  const errors: Diagnostic[] = [];
  const document = readDocument(PolicyTestFile, source, errors);
  if (document === undefined) return { ok: false, errors };
  const { value, lineOf } = document;
  const results = value.cases.map((one) => ({
    name: one.name,
    line: lineOf(one, "name"),
    ...runCase(policy, value, one),
  }));
  return { ok: results.every(({ ok }) => ok), results };
}

function runCase(policy: CompiledPolicy, file: PolicyTestFile, one: Case): Omit<CaseResult, "name" | "line"> {
  const expected = textOf(one.expect);
  const input = inputOf(policy, file, one);
  if (input === undefined) return { ok: false, expected, got: "there is no such device in the case" };
  const got = outcomeOf(decide(input), one.expect);
  return { ok: expected === got, expected, got };
}

function inputOf(policy: CompiledPolicy, file: PolicyTestFile, one: Case): DecisionInput | undefined {
  const host = one.host ?? file.host ?? "test-host";
  const sketches = [...(file.devices ?? []), ...(one.devices ?? [])];
  const db = new DeviceDatabase();
  for (const sketch of sketches) db.put(fromSketch(sketch, host));
  const unit = db.unitOf(one.device ?? sketches.at(-1)?.devpath ?? "");
  if (unit === undefined) return undefined;
  const claims: Claim[] =
    one.claim === undefined
      ? []
      : [{ v: 1, host, unit: unit.identity, containers: [one.claim], share: false, who: "test", when: "" }];
  return {
    policy,
    db,
    unit,
    containers: (one.containers ?? file.containers ?? []).map((sketch) => containerFromSketch(sketch, host)),
    claims,
    host,
    now: new Date(one.now ?? 0),
    hostUdev: one["host-udev"] ?? file["host-udev"] ?? false,
  };
}

/** What is decided, in the words of an expectation and with as much detail as it asks for. */
function outcomeOf(decision: UnitDecision, { rule, nodes }: Expectation): string {
  const by =
    "by" in decision
      ? decision.by.kind === "rule"
        ? decision.by.rule
        : "claim"
      : "rule" in decision
        ? decision.rule
        : undefined;
  return textOf({
    ...(decision.kind === "owned" ? { owner: [...decision.owners] } : { decision: decision.kind }),
    ...(rule !== undefined && { rule: by ?? "none" }),
    ...(nodes !== undefined &&
      decision.kind === "owned" && { nodes: decision.gives.flatMap(({ node }) => node?.path ?? []) }),
  });
}

function textOf({ owner, decision, rule, nodes }: Expectation): string {
  const owners = owner === undefined ? undefined : (typeof owner === "string" ? [owner] : [...owner]).sort();
  return [
    owners === undefined ? (decision ?? "unowned") : `owned by ${owners.join(", ")}`,
    ...(rule === undefined ? [] : [`by ${rule}`]),
    ...(nodes === undefined ? [] : [`with ${[...new Set(nodes)].sort().join(", ")}`]),
  ].join(" ");
}
