import type { CommandContext } from "../command.ts";
import { table } from "../output.ts";
import { allReady, hostRoles, listenForStatuses, serving, statusKey } from "../statuses.ts";

const WAIT_MS = 30_000;

/** `udevns status [--wait]`: the services and whether they work. Exit code 1 when one of this host's is not ready. */
export async function status({ bus, host, out }: CommandContext, { wait }: { wait: boolean }): Promise<number> {
  const seen = await listenForStatuses(bus, undefined, wait ? allReady(host) : undefined, wait ? WAIT_MS : undefined);
  const here = new Map(seen.map((each) => [statusKey(each), each]));
  const ready = allReady(host)(here);
  const missing = hostRoles.filter((role) => serving(here, host, role) === undefined);
  out.print({ ok: ready, host, services: seen, missing }, () => {
    const rows = seen.map((each) => [
      each.host,
      each.role,
      each.ready ? "ready" : "not ready",
      String(each.pid),
      `${Math.round(each.rssBytes / 1048576)} MB`,
      each.note,
    ]);
    const silent = missing.map((role) => [host, role, "silent", "", "", "does it run?"]);
    return table(["HOST", "SERVICE", "STATE", "PID", "RSS", "NOTE"], [...rows, ...silent]);
  });
  return ready ? 0 : 1;
}
