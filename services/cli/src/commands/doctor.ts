import type { CommandContext } from "../command.ts";
import { diagnose, diagnoseHost, type Finding } from "../doctor/diagnose.ts";
import { readFacts, readHostFacts } from "../doctor/facts.ts";
import { readGates } from "../gates.ts";
import { readContainers } from "../levels.ts";
import type { Colour } from "../output.ts";

const colours: Readonly<Record<Finding["level"], Colour>> = { ok: "green", note: "yellow", problem: "red" };

/** `udevns doctor`: what works and what does not, of this host and of each of its containers. Exit code 1 when something does not. */
export async function doctor({ bus, host, out }: CommandContext): Promise<number> {
  const records = await readContainers(bus, host);
  records.sort((a, b) => (a.name < b.name ? -1 : 1));
  const gates = await readGates(bus, host);
  const facts = await readHostFacts();
  const report = {
    host: diagnoseHost(facts),
    containers: records.map((record) => ({
      name: record.name,
      findings: diagnose(readFacts(record, gates.get(record.instance)), facts),
    })),
  };
  const all = [...report.host, ...report.containers.flatMap(({ findings }) => findings)];
  const healthy = all.every(({ level }) => level !== "problem");
  out.print({ ok: healthy, ...report }, () => {
    const lines = (findings: readonly Finding[]) =>
      findings.map(
        ({ level, check, text, mend }) =>
          `  ${out.paint(colours[level], level.padEnd(7))} ${check.padEnd(6)} ${text}${mend === undefined ? "" : `; ${mend}`}`,
      );
    return [
      host,
      ...lines(report.host),
      ...report.containers.flatMap(({ name, findings }) => [name, ...lines(findings)]),
    ].join("\n");
  });
  return healthy ? 0 : 1;
}
