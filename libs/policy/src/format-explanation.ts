import type { UnitDecision } from "./decide.ts";
import type { Explanation, RuleTrace } from "./explain.ts";

/** An explanation for a terminal: a line a rule, then the decision and what each owner gets. */
export function formatExplanation({ unit, claim, rules, faults, decision, gates }: Explanation): string {
  const lines = [
    `unit ${unit.root}`,
    `  identity ${unit.identity}${unit.port === undefined ? "" : `, port ${unit.port}`}`,
  ];
  if (claim !== undefined) {
    const why = claim.why === undefined ? "" : `: ${claim.why}`;
    lines.push(`claim ${claim.containers.join(", ")}, by ${claim.who} at ${claim.when}${why}`);
  }
  for (const trace of rules) lines.push(...ruleLines(trace));
  for (const { expression, message } of faults) lines.push(`fault in \`${expression}\`: ${message}`);
  lines.push(...decisionLines(decision));
  for (const { container, gate, file, line } of gates) lines.push(`gate of ${container}: ${gate} (${file}:${line})`);
  return lines.join("\n");
}

const marks = { won: "+", failed: "-", pending: "?", passed: "~", unasked: " " } as const;

function ruleLines({ rule, file, line, result, failure }: RuleTrace): string[] {
  const head = `${marks[result]} ${rule} (${file}:${line}) ${result}`;
  if (failure === undefined) return [head];
  const where = failure.device === undefined ? "" : ` at ${failure.device}`;
  return [head, `    ${failure.condition}${where}${failure.actual === undefined ? "" : ` (is: ${failure.actual})`}`];
}

function decisionLines(decision: UnitDecision): string[] {
  switch (decision.kind) {
    case "owned": {
      const by = decision.by.kind === "rule" ? `rule ${decision.by.rule}` : `claim by ${decision.by.who}`;
      return [
        `owned by ${decision.owners.join(", ")} (${by}${decision.share ? ", shared" : ""})`,
        ...decision.gives.map(({ container, device, node }) => {
          const made =
            node === undefined
              ? "events only"
              : `/dev/${node.path} ${node.mode.toString(8).padStart(4, "0")} ${node.owner}:${node.group}`;
          return `  ${container.name} ${device.devpath}: ${made}`;
        }),
        ...decision.refused.map(
          ({ device, code, path }) => `  refused ${device.devpath}: ${code} ${JSON.stringify(path)}`,
        ),
        ...decision.withheld.map(({ devpath }) => `  waits for udev: ${devpath}`),
      ];
    }
    case "unowned":
      return [
        decision.rule === undefined
          ? "unowned: no rule matches"
          : `unowned: rule ${decision.rule} leaves it to the host`,
      ];
    case "denied":
      return [`denied by rule ${decision.rule}`];
    case "waiting":
      return [`waiting for ${decision.container}`];
    case "pending":
      return [`pending: rule ${decision.rule} waits for the host's udev`];
    case "conflict":
      return [`conflict: ${decision.containers.join(", ")} all match, and it is for one`];
  }
}
