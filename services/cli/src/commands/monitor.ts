import { tap } from "@udevns/bus";
import { subjects } from "@udevns/protocol";
import { type CommandContext, interrupted } from "../command.ts";
import { showMessage } from "../show-message.ts";

/** `udevns monitor [--container C]`: what happens, one line a hop, until it is interrupted. */
export async function monitor({ bus, out }: CommandContext, { container }: { container?: string }): Promise<number> {
  const stop = tap(bus, subjects.everything, (subject, data) => {
    const shown = showMessage(subject, data, container);
    if (shown === undefined) return;
    const { line, document } = shown;
    out.print(
      { ...document, at: new Date().toISOString() },
      () => `${line.at}  ${out.paint(line.colour, line.hop.padEnd(9))} ${line.text}`,
    );
  });
  const end = interrupted();
  out.note("listening; Ctrl-C ends it");
  await end;
  stop();
  return 0;
}
