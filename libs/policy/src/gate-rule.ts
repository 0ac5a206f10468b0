import type { ContainerRecord, GateWish } from "@udevns/protocol";
import { compileSelector } from "./compile-give.ts";
import type { CompiledPolicy } from "./policy.ts";
import type { Reader } from "./reader.ts";
import type { GateRule } from "./schema.ts";

export interface CompiledGate {
  readonly rule: GateRule;
  readonly takes: (container: ContainerRecord) => boolean;
  readonly gate: GateWish;
  readonly place: { readonly file: string; readonly line: number };
}

export function compileGates(
  rules: readonly GateRule[],
  place: (rule: GateRule) => CompiledGate["place"],
  reader: Reader,
): CompiledGate[] {
  const all = rules.findIndex(takesAll);
  rules.forEach((rule, number) => {
    if (all < 0 || number <= all) return;
    const message = `no container comes to this \`gate\`: the one in line ${place(rules[all]!).line} takes all`;
    reader.fail(rule, "gate", "shadowed", message, "put it above that one, or take it out");
  });
  return rules.map((rule) => ({
    rule,
    takes: compileSelector(rule, reader).takes,
    gate: rule.gate,
    place: place(rule),
  }));
}

/** The first that takes the container. */
export const gateFor = ({ gates }: CompiledPolicy, container: ContainerRecord): CompiledGate | undefined =>
  gates.find(({ takes }) => takes(container));

const takesAll = ({ container, labels, runtime }: GateRule): boolean =>
  container === undefined && runtime === undefined && Object.keys(labels ?? {}).length === 0;
