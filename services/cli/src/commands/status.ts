import { Bucket, type Bus } from "@udevns/bus";
import { bucketNames, decodeEntries, HostRecord, type ServiceStatus } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";
import { type Lag, readLag } from "../lag.ts";
import { table } from "../output.ts";
import { allReady, hostRoles, listenForStatuses, serving, statusKey } from "../statuses.ts";
import { decideAll, readWorld } from "../world.ts";

const WAIT_MS = 30_000;

/** One host of this bus: whether its services work, who decides for it, and how far its logs' readers are behind. */
interface HostState {
  readonly host: string;
  readonly ready: boolean;
  readonly missing: readonly string[];
  readonly decider: string | undefined;
  readonly lag: Lag;
}

/** `udevns status [--wait]`: the hosts, the services and whether they work. Exit code 1 when one of this host's is not ready. */
export async function status({ bus, host, out }: CommandContext, { wait }: { wait: boolean }): Promise<number> {
  const services = await listenForStatuses(
    bus,
    undefined,
    wait ? allReady(host) : undefined,
    wait ? WAIT_MS : undefined,
  );
  const seen = new Map(services.map((each) => [statusKey(each), each]));
  const names = new Set([host, ...(await registeredHosts(bus)), ...homes(services)]);
  const hosts = await Promise.all([...names].sort().map((name) => stateOf(bus, name, seen)));
  const here = hosts.find((each) => each.host === host);
  const ok = here?.ready === true;
  const conflicts = await conflictsOn(bus, host);
  out.print({ ok, host, hosts, services, missing: here?.missing ?? [], conflicts }, () =>
    [hostTable(hosts), "", serviceTable(services, host, here?.missing ?? []), ...conflicts.map(conflictLine)].join(
      "\n",
    ),
  );
  return ok ? 0 : 1;
}

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

async function stateOf(bus: Bus, host: string, seen: ReadonlyMap<string, ServiceStatus>): Promise<HostState> {
  return {
    host,
    ready: allReady(host)(seen),
    missing: hostRoles.filter((role) => serving(seen, host, role) === undefined),
    decider: serving(seen, host, "policy")?.host,
    lag: await readLag(bus, host),
  };
}

const hostTable = (hosts: readonly HostState[]): string =>
  table(
    ["HOST", "STATE", "DECIDED BY", "LAG policy/devnode/injector"],
    hosts.map(({ host, ready, missing, decider = "nobody", lag }) => [
      host,
      ready ? "ready" : missing.length === hostRoles.length ? "silent" : "not ready",
      decider,
      [lag.policy, lag.devnode, lag.injector].map((each) => each ?? "–").join("/"),
    ]),
  );

function serviceTable(services: readonly ServiceStatus[], host: string, missing: readonly string[]): string {
  const rows = services.map((each) => [
    each.host,
    each.role,
    each.ready ? "ready" : "not ready",
    each.version,
    String(each.pid),
    `${Math.round(each.rssBytes / 1048576)} MB`,
    each.note,
  ]);
  const silent = missing.map((role) => [host, role, "silent", "", "", "", "does it run?"]);
  return table(["HOST", "SERVICE", "STATE", "VERSION", "PID", "RSS", "NOTE"], [...rows, ...silent]);
}
