import { type Bus, parseJson, tap } from "@udevns/bus";
import { checked, type ServiceRole, ServiceStatus, subjects } from "@udevns/protocol";

/** Every service beats once a second; one that is silent for longer is not there. */
const LISTEN_MS = 1_300;

/** The roles that one host needs. */
export const hostRoles = [
  "capture",
  "inventory",
  "policy",
  "devnode",
  "injector",
] as const satisfies readonly ServiceRole[];

/** Replicas of policy may share a host. */
export const statusKey = ({ host, role, pid }: ServiceStatus): string =>
  role === "policy" ? `${host}/${role}/${pid}` : `${host}/${role}`;

/** The latest heartbeat of each service, by `host/role`. Ends early once `enough` says so. */
export async function listenForStatuses(
  bus: Bus,
  host: string | undefined,
  enough: (seen: ReadonlyMap<string, ServiceStatus>) => boolean = () => false,
  listenMs = LISTEN_MS,
): Promise<ServiceStatus[]> {
  const seen = new Map<string, ServiceStatus>();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, listenMs).unref();
    const stop = tap(bus, subjects.statuses(host), (subject, data) => {
      const status = checked(ServiceStatus, parseJson(data, subject), subject);
      seen.set(statusKey(status), status);
      if (enough(seen)) end();
    });
    function end() {
      clearTimeout(timer);
      stop();
      resolve();
    }
  });
  return [...seen.values()].sort((a, b) => `${a.host}/${a.role}`.localeCompare(`${b.host}/${b.role}`));
}

/** The service that does a role's work for a host: its own, or the policy replica anywhere that has its lease. */
export function serving(
  seen: ReadonlyMap<string, ServiceStatus>,
  host: string,
  role: ServiceRole,
): ServiceStatus | undefined {
  if (role !== "policy") return seen.get(`${host}/${role}`);
  const replicas = [...seen.values()].filter((each) => each.role === "policy");
  return replicas.find(({ serves, host: own }) => serves?.includes(host) ?? own === host);
}

/** True when every role of the host has said that it is ready. */
export const allReady = (host: string) => (seen: ReadonlyMap<string, ServiceStatus>) =>
  hostRoles.every((role) => serving(seen, host, role)?.ready === true);
