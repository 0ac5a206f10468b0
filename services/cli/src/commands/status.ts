import { Bucket, type Bus } from "@udevns/bus";
import { bucketNames, decodeEntries, HostRecord, type ServiceStatus, serviceRoles } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";
import { type Lag, readLag } from "../lag.ts";
import { table } from "../output.ts";
import { type SilentReplica, silentReplicas } from "../replicas.ts";
import { allReady, type KeptStatus, keptStatuses, listenForStatuses, serving, statusKey } from "../statuses.ts";
import { decideAll, readWorld } from "../world.ts";

const WAIT_MS = 30_000;
/** Hosts that are asked about at once. */
const BATCH = 32;

/** One host of this bus: whether its services work, who decides for it, and how far its logs' readers are behind. */
interface HostState {
  readonly host: string;
  readonly state: "ready" | "not ready" | "silent";
  readonly ready: boolean;
  readonly missing: readonly string[];
  readonly decider: string | undefined;
  readonly lag: Lag;
}

/** A service that speaks, or one that did so within the last day. */
interface ServiceState extends ServiceStatus {
  /** ISO 8601, by the server's clock. */
  readonly silentSince?: string;
}

/** `udevns status [--wait]`: the hosts, the services and whether they work. Exit code 1 when one of this host's is not ready. */
export async function status({ bus, host, out }: CommandContext, { wait }: { wait: boolean }): Promise<number> {
  if (wait) await listenForStatuses(bus, undefined, allReady(host), WAIT_MS);
  const kept = await keptStatuses(bus);
  const speaking = await listenForStatuses(
    bus,
    undefined,
    hasHeard(host, [...kept.map(({ status }) => status), ...own(host)]),
  );
  const services = [...speaking, ...silent(kept, speaking)];
  const seen = new Map(speaking.map((each) => [statusKey(each), each]));
  const names = [...new Set([host, ...(await registeredHosts(bus)), ...homes(services)])].sort();
  const hosts: HostState[] = [];
  for (let at = 0; at < names.length; at += BATCH)
    hosts.push(...(await Promise.all(names.slice(at, at + BATCH).map((name) => stateOf(bus, name, seen, services)))));
  const here = hosts.find((each) => each.host === host);
  const ok = here?.ready === true;
  const missing = here?.missing ?? [];
  const conflicts = await conflictsOn(bus, host);
  const replicas = (await silentReplicas(bus)).filter((each) => !services.some(isShownAs(each)));
  out.print({ ok, host, hosts, services, silentReplicas: replicas, missing, conflicts }, () =>
    [hostTable(hosts), "", serviceTable(services, replicas, host, missing), ...conflicts.map(conflictLine)].join("\n"),
  );
  return ok ? 0 : 1;
}

const own = (host: string) => serviceRoles.filter((role) => role !== "policy").map((role) => ({ host, role }));

/** True when each of these speaks, and one that decides for the host, wherever it runs: then there is nothing to wait for. */
const hasHeard =
  (host: string, known: readonly Pick<ServiceStatus, "host" | "role">[]) =>
  (seen: ReadonlyMap<string, ServiceStatus>) => {
    const heard = new Set(Array.from(seen.values(), nameOf));
    return serving(seen, host, "policy") !== undefined && known.every((each) => heard.has(nameOf(each)));
  };

const nameOf = ({ host, role }: Pick<ServiceStatus, "host" | "role">): string => `${host}/${role}`;

function silent(kept: readonly KeptStatus[], speaking: readonly ServiceStatus[]): ServiceState[] {
  const heard = new Set(speaking.map(nameOf));
  return kept
    .filter(({ status }) => !heard.has(nameOf(status)))
    .map(({ status, at }) => ({ ...status, ready: false, silentSince: at.toISOString() }));
}

/** One without a name of its own has its host's, and its last heartbeat says more of it. */
const isShownAs =
  ({ replica }: SilentReplica) =>
  ({ role, host, silentSince }: ServiceState): boolean =>
    role === "policy" && host === replica && silentSince !== undefined;

/** A replica of policy may run where there is nothing else. */
const homes = (services: readonly ServiceStatus[]): string[] =>
  services.filter(({ role }) => role !== "policy").map(({ host }) => host);

async function registeredHosts(bus: Bus): Promise<string[]> {
  // Before the first `udevns provision` there is no such bucket, and no host in it.
  const entries = await new Bucket(bus, bucketNames.hosts).list("").catch(() => []);
  return decodeEntries(HostRecord, entries, bus.onMalformed).map(({ host }) => host);
}

interface Conflict {
  readonly unit: string;
  readonly containers: readonly string[];
}

/** Units of this host that several containers may have and none gets. */
async function conflictsOn(bus: Bus, host: string): Promise<Conflict[]> {
  // Before the first `udevns provision` there is no world to read, and the services are what is asked about here.
  const world = await readWorld(bus, host).catch(() => undefined);
  const decisions = world === undefined ? [] : decideAll(world, world.policy);
  return decisions.flatMap(([unit, each]) => (each.kind === "conflict" ? [{ unit, containers: each.containers }] : []));
}

const conflictLine = ({ unit, containers }: Conflict): string =>
  `conflict: ${unit} is for one container and matches ${containers.join(", ")}; see \`udevns explain ${unit}\``;

async function stateOf(
  bus: Bus,
  host: string,
  seen: ReadonlyMap<string, ServiceStatus>,
  services: readonly ServiceState[],
): Promise<HostState> {
  const ready = allReady(host)(seen);
  // Who decides for it may be anywhere and says nothing of it.
  const speaks = serviceRoles.some((role) => role !== "policy" && serving(seen, host, role) !== undefined);
  return {
    host,
    state: ready ? "ready" : speaks ? "not ready" : "silent",
    ready,
    missing: serviceRoles.filter((role) => serving(seen, host, role) === undefined),
    decider: serving(seen, host, "policy")?.host,
    lag: await readLag(bus, host, (role) => services.find((each) => each.host === host && each.role === role)),
  };
}

const hostTable = (hosts: readonly HostState[]): string =>
  table(
    ["HOST", "STATE", "DECIDED BY", "LAG policy/devnode/injector"],
    hosts.map(({ host, state, decider = "nobody", lag }) => [
      host,
      state,
      decider,
      [lag.policy, lag.devnode, lag.injector].map((each) => each ?? "–").join("/"),
    ]),
  );

const silentFor = (since: string): string => `silent since ${since.slice(0, 19)}Z`;

function serviceTable(
  services: readonly ServiceState[],
  replicas: readonly SilentReplica[],
  host: string,
  missing: readonly string[],
): string {
  const rows = services.map((each) => [
    each.host,
    each.role,
    each.silentSince === undefined ? (each.ready ? "ready" : "not ready") : silentFor(each.silentSince),
    each.version,
    String(each.pid),
    `${Math.round(each.rssBytes / 1048576)} MB`,
    each.note,
  ]);
  const known = new Set(services.filter((each) => each.host === host).map(({ role }): string => role));
  const never = missing
    .filter((role) => !known.has(role))
    .map((role) => [host, role, "silent", "", "", "", "does it run?"]);
  const ended = replicas.map(({ replica, silentSince }) => [
    replica,
    "policy",
    silentFor(silentSince),
    "",
    "",
    "",
    "a replica",
  ]);
  return table(["HOST", "SERVICE", "STATE", "VERSION", "PID", "RSS", "NOTE"], [...rows, ...ended, ...never]);
}
