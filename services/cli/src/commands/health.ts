import { type ServiceRole, serviceRoles, UdevnsError } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";
import { allReady, listenForStatuses } from "../statuses.ts";

/** `udevns health [ROLE]`: exit code 0 when this host's services, or that one, are ready; for container health checks. */
export async function health({ bus, host, out }: CommandContext, role: string | undefined): Promise<number> {
  if (role !== undefined && !serviceRoles.includes(role as ServiceRole)) {
    throw new UdevnsError("UDEVNS_E_USAGE", { detail: `${role} is no service; there are ${serviceRoles.join(", ")}` });
  }
  const enough =
    role === undefined
      ? allReady(host)
      : (seen: ReadonlyMap<string, { ready: boolean }>) => seen.get(`${host}/${role}`)?.ready === true;
  const seen = await listenForStatuses(bus, host, enough);
  const healthy = enough(new Map(seen.map((each) => [`${each.host}/${each.role}`, each])));
  out.print({ ok: healthy }, () => (healthy ? "healthy" : "not healthy"));
  return healthy ? 0 : 1;
}
