import { call } from "@udevns/bus";
import { AttachReply, subjects, UdevnsError } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";

/** `udevns attach NAME --pid PID [--label k=v]`: a process with its own namespaces becomes a container. */
export async function attach(
  { bus, host, out }: CommandContext,
  name: string,
  options: { pid: string; label: readonly string[] },
): Promise<number> {
  const pid = Number(options.pid);
  if (!Number.isInteger(pid) || pid < 1)
    throw new UdevnsError("UDEVNS_E_USAGE", { detail: `--pid ${options.pid} is not a pid` });
  const labels = Object.fromEntries(options.label.map(readLabel));
  const { container } = await call(bus, subjects.rpc(host, "attach"), { name, pid, labels }, AttachReply);
  out.print(
    container,
    () => `${name} is pid ${pid}${container.userNamespaced ? `, its root is host uid ${container.root.uid}` : ""}`,
  );
  return 0;
}

function readLabel(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals <= 0) throw new UdevnsError("UDEVNS_E_USAGE", { detail: `--label ${text} is not KEY=VALUE` });
  return [text.slice(0, equals), text.slice(equals + 1)];
}
