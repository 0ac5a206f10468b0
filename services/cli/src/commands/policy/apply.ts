import { Bucket, say } from "@udevns/bus";
import { type DecisionDifference, diffDecisions, formatDiagnostic, parsePolicy } from "@udevns/policy";
import { bucketNames, POLICY_KEY, type PolicyChange, type PolicyRecord, subjects, UdevnsError } from "@udevns/protocol";
import { readNamedPolicy } from "@udevns/service";
import type { CommandContext } from "../../command.ts";
import { decideAll, readWorld, whoAmI } from "../../world.ts";

/** `udevns policy apply PATH [--dry-run]`: puts a policy in force for every host, or only shows what it would change on this one. */
export async function apply(
  { bus, host, out }: CommandContext,
  path: string,
  { dryRun }: { dryRun: boolean },
): Promise<number> {
  const sources = readNamedPolicy(path);
  const parsed = parsePolicy(sources);
  if ("errors" in parsed)
    throw new UdevnsError("UDEVNS_E_POLICY_FILE", {
      file: path,
      detail: parsed.errors.map(formatDiagnostic).join("\n"),
    });
  const world = await readWorld(bus, host);
  const { hash, rules, attributes } = parsed.policy;
  const changes = diffDecisions(decideAll(world, world.policy), decideAll(world, parsed.policy));
  if (!dryRun) {
    const record: PolicyRecord = {
      v: 1,
      hash,
      sources,
      attributes: [...attributes],
      who: whoAmI(),
      when: new Date().toISOString(),
    };
    await new Bucket(bus, bucketNames.policy).put(POLICY_KEY, JSON.stringify(record));
    const text = `policy ${hash.slice(0, 12)} of ${rules.length} rules by ${record.who}`;
    const change: PolicyChange = {
      v: 1,
      host,
      at: record.when,
      hash,
      who: record.who,
      rules: rules.length,
      outcome: "applied",
      text,
    };
    say(bus, subjects.audit(host, "policy"), change);
  }
  const summary = { ok: true, applied: !dryRun, hash, rules: rules.length, changes: changes.map(summarise) };
  out.print(summary, () =>
    [
      ...changes.map(showChange),
      `${dryRun ? "would change" : "changes"} ${changes.length} units; ${rules.length} rules, ${hash.slice(0, 12)}`,
    ].join("\n"),
  );
  return 0;
}

const summarise = ({ unit, before, after, taken, given, remade }: DecisionDifference) => ({
  unit,
  before: before?.kind,
  after: after?.kind,
  taken: taken.map(({ container, device }) => ({ container: container.name, devpath: device.devpath })),
  given: given.map(({ container, device }) => ({ container: container.name, devpath: device.devpath })),
  remade: remade.map(({ container, device }) => ({ container: container.name, devpath: device.devpath })),
});

function showChange({ unit, before, after, taken, given, remade }: DecisionDifference): string {
  const lines = [
    ...taken.map(({ container, device }) => `  - ${container.name}  ${device.devname ?? device.devpath}`),
    ...given.map(({ container, device }) => `  + ${container.name}  ${device.devname ?? device.devpath}`),
    ...remade.map(({ container, device }) => `  ~ ${container.name}  ${device.devname ?? device.devpath}`),
  ];
  return [`${unit}: ${before?.kind ?? "new"} → ${after?.kind ?? "gone"}`, ...lines].join("\n");
}
