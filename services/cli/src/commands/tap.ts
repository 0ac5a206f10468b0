import { discover, tap as hear, parseJson } from "@udevns/bus";
import { subjects } from "@udevns/protocol";
import { type CommandContext, interrupted } from "../command.ts";
import { table } from "../output.ts";

/** `udevns tap [SUBJECT]`: every message on a subject as it is, one JSON document a line; what `nats sub` shows. */
export async function tap({ bus, out }: CommandContext, subject: string = subjects.everything): Promise<number> {
  const stop = hear(bus, subject, (on, data) => {
    out.print({ subject: on, message: readable(data, on) }, ({ message }) => `${on} ${JSON.stringify(message)}`);
  });
  const end = interrupted();
  out.note(`listening on ${subject}; Ctrl-C ends it`);
  await end;
  stop();
  return 0;
}

/** `udevns tap --services`: who answers the NATS services protocol; what `nats micro ls` shows. */
export async function services({ bus, out }: CommandContext): Promise<number> {
  const found = [...(await discover(bus))].sort((a, b) => key(a).localeCompare(key(b)));
  out.print(found, () =>
    table(
      ["HOST", "SERVICE", "VERSION", "DESCRIPTION"],
      found.map(({ name, version, description, metadata }) => [metadata.host ?? "", name, version, description]),
    ),
  );
  return 0;
}

const key = ({ name, metadata }: { name: string; metadata: Readonly<Record<string, string>> }): string =>
  `${metadata.host} ${name}`;

/** JetStream's own messages share these subjects and need not be JSON. */
function readable(data: Uint8Array, subject: string): unknown {
  if (data.length === 0) return "";
  try {
    return parseJson(data, subject);
  } catch {
    return Buffer.from(data).toString("utf8");
  }
}
