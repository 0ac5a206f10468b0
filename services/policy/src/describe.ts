import type { Unit } from "@udevns/devices";
import type { UnitDecision } from "@udevns/policy";
import type { DecisionRecord } from "@udevns/protocol";

/** The record of a decision for audit. */
export function describeDecision(
  host: string,
  unit: Unit,
  decision: UnitDecision,
  cause: string,
  at: Date,
): DecisionRecord {
  const { containers, text } = wording(unit, decision);
  return {
    v: 1,
    host,
    at: at.toISOString(),
    cause,
    unit: unit.root,
    identity: unit.identity,
    verdict: decision.kind,
    containers,
    ...(decision.kind === "owned" ? { by: decision.by } : {}),
    text,
  };
}

/** Two decisions with the same fingerprint are the same to people and need no second record. */
export const fingerprint = (unit: Unit, decision: UnitDecision): string => {
  const { containers, text } = wording(unit, decision);
  return JSON.stringify([decision.kind, containers, text]);
};

function wording(unit: Unit, decision: UnitDecision): { containers: string[]; text: string } {
  const name = unit.root.slice(unit.root.lastIndexOf("/") + 1);
  switch (decision.kind) {
    case "owned": {
      const containers = [...decision.owners];
      const by = decision.by.kind === "rule" ? `rule ${decision.by.rule}` : `claim of ${decision.by.who}`;
      return {
        containers,
        text: `${name} goes to ${containers.join(", ")} by ${by}${decision.share ? ", shared" : ""}`,
      };
    }
    case "unowned":
      return { containers: [], text: `${name} matches no rule` };
    case "denied":
      return { containers: [], text: `${name} is denied by rule ${decision.rule}` };
    case "waiting":
      return { containers: [], text: `${name} waits for ${decision.container}` };
    case "pending":
      return { containers: [], text: `${name} waits for what the host's udev says of it` };
    case "conflict":
      return {
        containers: [...decision.containers],
        text: `${name} is for one container and ${decision.containers.join(", ")} match: it goes to none`,
      };
    default:
      return decision satisfies never;
  }
}
