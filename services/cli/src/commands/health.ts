import { type ServiceRole, type ServiceStatus, serviceRoles, UdevnsError } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";
import { allReady, listenForStatuses, statusKey } from "../statuses.ts";

/** `udevns health [ROLE]`: exit code 0 when this host's services, or that one, are ready; for container health checks. */
export async function health({ bus, host, out }: CommandContext, role: string | undefined): Promise<number> {
  if (role !== undefined && !serviceRoles.includes(role as ServiceRole)) {
    throw new UdevnsError("UDEVNS_E_USAGE", { detail: `${role} is no service; there are ${serviceRoles.join(", ")}` });
  }
  const enough =
    role === undefined
      ? allReady(host)
      : (seen: ReadonlyMap<string, ServiceStatus>) =>
          [...seen.values()].some((each) => each.host === host && each.role === role && each.ready);
  const seen = await listenForStatuses(bus, host, enough);
  const healthy = enough(new Map(seen.map((each) => [statusKey(each), each])));
  out.print({ ok: healthy }, () => (healthy ? "healthy" : "not healthy"));
  return healthy ? 0 : 1;
}
