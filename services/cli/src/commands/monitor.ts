import { parseJson, tap } from "@udevns/bus";
import { subjects } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";
import { monitorLine } from "../monitor-line.ts";

/** `udevns monitor [--container C]`: what happens, one line a hop, until it is interrupted. */
export async function monitor({ bus, out }: CommandContext, { container }: { container?: string }): Promise<number> {
  const stop = tap(bus, subjects.everything, (subject, data) => {
    const line = monitorLine(subject, parseJson(data, subject), container);
    if (line === undefined) return;
    out.print({ subject, ...line }, () => `${line.at}  ${out.paint(line.colour, line.hop.padEnd(9))} ${line.text}`);
  });
  out.note("listening; Ctrl-C ends it");
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  stop();
  return 0;
}
