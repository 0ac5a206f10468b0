import { LogReader } from "@udevns/bus";
import { streamNames, subjects, UdevnsError } from "@udevns/protocol";
import { type CommandContext, consumerName } from "../command.ts";
import { showMessage } from "../show-message.ts";

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `udevns events [--since 1h]`: decisions, claims, containers and results, from the audit stream. */
export async function events(
  { bus, host, out }: CommandContext,
  options: { since: string; allHosts: boolean },
): Promise<number> {
  const since = new Date(Date.now() - seconds(options.since) * 1000);
  await new Promise<void>((resolve, reject) => {
    const reader = new LogReader(bus, {
      stream: streamNames.audit,
      consumer: consumerName(),
      filter: "udevns.v1.>",
      start: { since },
      onEntry: ({ subject, data, time }) => {
        const here = [subjects.audits(host), subjects.results(host), subjects.containers(host)].some((pattern) =>
          subject.startsWith(pattern.slice(0, -1)),
        );
        if (!here && !options.allHosts) return;
        const shown = showMessage(subject, data);
        if (shown === undefined) return;
        const { line, document } = shown;
        const at = time.toISOString();
        out.print(
          { ...document, at },
          () => `${at.slice(11, 23)}  ${out.paint(line.colour, line.hop.padEnd(9))} ${line.text}`,
        );
      },
      onCaughtUp: () => void setImmediate(() => reader.close().then(resolve, reject)),
    });
  });
  return 0;
}

/** `90s`, `15m`, `1h`, `2d`. @throws UDEVNS_E_USAGE */
function seconds(text: string): number {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new UdevnsError("UDEVNS_E_USAGE", { detail: `--since ${text} is not a time like 90s, 15m, 1h, 2d` });
  return Number(number) * (units[unit] as number);
}
