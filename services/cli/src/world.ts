import { userInfo } from "node:os";
import { Bucket, type Bus } from "@udevns/bus";
import { DeviceDatabase, type Unit } from "@udevns/devices";
import { type CompiledPolicy, type DecisionInput, decide, parsePolicy, type UnitDecision } from "@udevns/policy";
import {
  bucketNames,
  Claim,
  type ContainerRecord,
  decode,
  decodeEntries,
  POLICY_KEY,
  PolicyRecord,
  token,
  UdevnsError,
} from "@udevns/protocol";
import { consumerName } from "./command.ts";
import { readContainers, readDevices } from "./levels.ts";

/** Everything that a decision depends on, as the buckets hold it: so a command decides by the same function as the service. */
export interface World {
  readonly host: string;
  readonly db: DeviceDatabase;
  readonly containers: readonly ContainerRecord[];
  readonly claims: readonly Claim[];
  readonly policy: CompiledPolicy;
}

export async function readWorld(bus: Bus, host: string): Promise<World> {
  const [devices, containers, claims, policy] = await Promise.all([
    readDevices(bus, host),
    readContainers(bus, host),
    readClaims(bus, host),
    readPolicy(bus),
  ]);
  return { host, db: databaseOf(devices), containers, claims, policy };
}

export function databaseOf(devices: Awaited<ReturnType<typeof readDevices>>): DeviceDatabase {
  const db = new DeviceDatabase();
  for (const device of devices) db.put(device);
  return db;
}

/** What decides a unit of this world, by its own policy or another. */
export const inputFor = (
  { host, db, containers, claims, policy }: World,
  unit: Unit,
  other = policy,
): DecisionInput => ({
  policy: other,
  db,
  unit,
  containers,
  claims,
  host,
  now: new Date(),
  // A host whose udev has handled any device has one.
  hostUdev: Array.from(db.all()).some(({ udev }) => udev !== undefined),
});

export const decideAll = (world: World, policy: CompiledPolicy): [string, UnitDecision][] =>
  Array.from(world.db.units(), (unit) => [unit.root, decide(inputFor(world, unit, policy))]);

/** Who speaks, for the audit. */
export const whoAmI = (): string => process.env.SUDO_USER || userName();

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container a user id need not have a name.
    return `uid ${process.getuid?.()}`;
  }
}

async function readClaims(bus: Bus, host: string): Promise<Claim[]> {
  const entries = await new Bucket(bus, bucketNames.claims).entries(`${token(host)}.`, consumerName());
  return decodeEntries(Claim, entries, bus.onMalformed);
}

/** The policy in force; an empty one before there is any. */
async function readPolicy(bus: Bus): Promise<CompiledPolicy> {
  const entry = await new Bucket(bus, bucketNames.policy).get(POLICY_KEY);
  const parsed = parsePolicy(entry === undefined ? [] : decode(PolicyRecord, entry.value, entry.key).sources);
  if ("policy" in parsed) return parsed.policy;
  throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file: "the policy in force", detail: parsed.errors[0]?.message });
}
