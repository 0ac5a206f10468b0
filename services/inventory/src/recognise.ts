import type { ProcessInfo } from "@udevns/native";
import { type ContainerRecord, UdevnsError } from "@udevns/protocol";

export interface Recognised {
  readonly name: string;
  readonly host: string;
  readonly boot: string;
  readonly runtime: ContainerRecord["runtime"];
  readonly id?: string;
  readonly labels: Record<string, string>;
  readonly state?: ContainerRecord["state"];
  readonly since: Date;
}

/** Namespaces that make a process a container for us: without its own there is nowhere to put a node or send an event. */
const OWN = ["net", "mnt"] as const;

/**
 * The record of a container whose init process is `process`.
 * @param own the host's own namespaces, from pid 1
 * @throws UDEVNS_E_PID_HOST when it shares a namespace with the host that it must have of its own
 */
export function recognise(process: ProcessInfo, own: ProcessInfo["namespaces"], about: Recognised): ContainerRecord {
  const shared = OWN.filter((kind) => process.namespaces[kind] === own[kind]);
  if (shared.length > 0)
    throw new UdevnsError("UDEVNS_E_PID_HOST", { pid: process.pid, namespaces: shared.join(" and ") });
  const root = { uid: rootOf(process, "uidMap"), gid: rootOf(process, "gidMap") };
  return {
    v: 1,
    host: about.host,
    boot: about.boot,
    name: about.name,
    instance: `${about.boot}:${process.pid}:${process.startTime}`,
    runtime: about.runtime,
    ...(about.id === undefined ? {} : { id: about.id }),
    pid: process.pid,
    startTime: String(process.startTime),
    namespaces: {
      net: String(process.namespaces.net),
      mnt: String(process.namespaces.mnt),
      user: String(process.namespaces.user),
    },
    userNamespaced: process.namespaces.user !== own.user,
    root,
    idMap: { uid: [...process.uidMap], gid: [...process.gidMap] },
    cgroups: process.cgroups.map(({ hierarchy, controllers, path }) => ({
      hierarchy,
      controllers: [...controllers],
      path,
    })),
    state: about.state ?? "running",
    labels: about.labels,
    since: about.since.toISOString(),
  };
}

/** Host id of the container's uid or gid 0. @throws UDEVNS_E_PID when it is not mapped: nobody in there could own a node */
function rootOf(process: ProcessInfo, map: "uidMap" | "gidMap"): number {
  const entry = process[map].find(({ inside, count }) => inside <= 0 && 0 < inside + count);
  if (entry === undefined)
    throw new UdevnsError("UDEVNS_E_PID", {
      pid: process.pid,
      detail: `its user namespace maps no ${map.slice(0, 3)} 0`,
    });
  return entry.outside - entry.inside;
}
