import { type Bus, lastMessages, parseJson, tap } from "@udevns/bus";
import {
  checked,
  isUdevnsError,
  type ServiceRole,
  ServiceStatus,
  serviceRoles,
  streamNames,
  subjects,
} from "@udevns/protocol";

/** Every service beats once a second; one that is not heard for so long is silent. */
export const SILENT_MS = 3_000;

/** Replicas of policy may share a host. */
export const statusKey = ({ host, role, pid }: ServiceStatus): string =>
  role === "policy" ? `${host}/${role}/${pid}` : `${host}/${role}`;

/** The latest heartbeat of each service, by `host/role`. Ends early once `enough` says so. */
export async function listenForStatuses(
  bus: Bus,
  host: string | undefined,
  enough: (seen: ReadonlyMap<string, ServiceStatus>) => boolean = () => false,
  listenMs = SILENT_MS,
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

/** A service's last heartbeat, and when the server had it. */
export interface KeptStatus {
  readonly status: ServiceStatus;
  readonly at: Date;
}

/** What every service that there was in the last day said last. */
export async function keptStatuses(bus: Bus): Promise<KeptStatus[]> {
  // Before the first `udevns provision` nothing keeps them.
  const kept = await lastMessages(bus, streamNames.status, subjects.statuses()).catch(() => []);
  return kept.flatMap(({ subject, data, time }) => {
    try {
      return [{ status: checked(ServiceStatus, parseJson(data, subject), subject), at: time }];
    } catch (error) {
      // Anybody may publish anything.
      if (!isUdevnsError(error)) throw error;
      bus.onMalformed(error);
      return [];
    }
  });
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
  serviceRoles.every((role) => serving(seen, host, role)?.ready === true);
