import {
  type BucketPlan,
  bucketNames,
  buckets,
  type HostRecord,
  hostKey,
  hostStreams,
  isUdevnsError,
  type StreamPlan,
  sharedStreams,
} from "@udevns/protocol";
import { DiscardPolicy, NatsError, nanos, RetentionPolicy, StorageType, type StreamConfig } from "nats";
import { apiError } from "./api-error.ts";
import { Bucket } from "./bucket.ts";
import type { Bus } from "./connect.ts";
import { fromHub, fromLeaves, leafDomain } from "./copies.ts";
import { deniedError, isDenied } from "./denied.ts";

export interface ProvisionOptions {
  readonly hosts: readonly string[];
  /** Copies of each stream: 1, or 3 in a cluster. */
  readonly replicas: number;
  /** Bytes that one host's three logs may take on the server's disk together; it sets them aside at once. Else as planned. */
  readonly hostBytes?: number | undefined;
  /** On a host's own server: domain of the hub, whose policy and claims it follows. */
  readonly hub?: string | undefined;
  /** On the hub: hosts with servers of their own, whose levels and audit it gathers. */
  readonly leaves?: readonly string[];
  /** How long to wait for a cluster that is not complete yet; by default not at all. */
  readonly patienceMs?: number;
}

/** What was or would be done to one stream. `differs`: settings that are changed, old and new. */
export interface ProvisionStep {
  readonly stream: string;
  readonly action: "create" | "update" | "keep";
  readonly differs: Readonly<Record<string, { from: unknown; to: unknown }>>;
}

const STREAM_NOT_FOUND = 10059;
const RETRY_MS = 500;
const AT_ONCE = 8;

/** The settings that every stream and bucket shall have. */
export function wantedStreams({
  hosts,
  replicas,
  hostBytes,
  hub,
  leaves = [],
}: ProvisionOptions): Partial<StreamConfig>[] {
  const all = [
    ...sharedStreams.map((plan) => streamConfig(plan, replicas)),
    ...buckets.map((plan) => bucketConfig(plan, replicas)),
    ...hosts.flatMap((host) => sized(hostStreams(host), hostBytes).map((plan) => streamConfig(plan, replicas))),
  ];
  return all.map((config) => {
    if (hub !== undefined && fromHub.has(config.name as string)) return mirrorOf(hub, config);
    return fromLeaves.has(config.name as string) && leaves.length > 0 ? gathering(leaves, config) : config;
  });
}

/** The same plans in the same proportion, with that many bytes in all. */
function sized(plans: readonly StreamPlan[], bytes: number | undefined): readonly StreamPlan[] {
  const planned = plans.reduce((sum, { maxBytes }) => sum + maxBytes, 0);
  return bytes === undefined
    ? plans
    : plans.map((plan) => ({ ...plan, maxBytes: Math.floor((plan.maxBytes * bytes) / planned) }));
}

const elsewhere = (name: string | undefined, domain: string) => ({
  name: name as string,
  external: { api: `$JS.${domain}.API`, deliver: "" },
});

function mirrorOf(hub: string, { subjects: _, ...config }: Partial<StreamConfig>): Partial<StreamConfig> {
  return { ...config, mirror: elsewhere(config.name, hub) };
}

function gathering(leaves: readonly string[], config: Partial<StreamConfig>): Partial<StreamConfig> {
  return { ...config, sources: leaves.map((host) => elsewhere(config.name, leafDomain(host))) };
}

/**
 * Makes what is missing and mends what differs; drops no data. With `dryRun` it only says what it would do.
 * @throws UDEVNS_E_BUS_STORAGE, UDEVNS_E_BUS_CLUSTER
 */
export async function provision(bus: Bus, options: ProvisionOptions, dryRun = false): Promise<ProvisionStep[]> {
  const steps: ProvisionStep[] = [];
  const all = wantedStreams(options);
  // Servers of a cluster agree upon one after the other anyway.
  const atOnce = options.replicas === 1 ? AT_ONCE : 1;
  for (let from = 0; from < all.length; from += atOnce) {
    const some = all.slice(from, from + atOnce);
    const made = some.map((wanted) => patiently(options.patienceMs ?? 0, () => mend(bus, wanted, dryRun)));
    steps.push(...(await Promise.all(made)));
  }
  if (!dryRun) for (const host of options.hosts) await patiently(options.patienceMs ?? 0, () => register(bus, host));
  return steps;
}

async function mend(bus: Bus, wanted: Partial<StreamConfig>, dryRun: boolean): Promise<ProvisionStep> {
  const name = wanted.name as string;
  try {
    const present = await currentConfig(bus, name);
    const differs = present === undefined ? {} : difference(present, wanted);
    const action = present === undefined ? "create" : Object.keys(differs).length > 0 ? "update" : "keep";
    if (!dryRun) await carryOut(bus, action, { ...present, ...wanted });
    return { stream: name, action, differs };
  } catch (error) {
    throw apiError(error, name, bus.url);
  }
}

/** A cluster that starts has no leader yet, and not all of its servers. */
async function patiently<T>(patienceMs: number, attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isUdevnsError(error) || !error.retry || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function carryOut(bus: Bus, action: ProvisionStep["action"], config: Partial<StreamConfig>): Promise<void> {
  const { streams } = bus.jsm;
  const name = config.name as string;
  try {
    if (action === "create") await streams.add(config);
    if (action === "update") await streams.update(name, config);
  } catch (error) {
    throw isDenied(error) ? deniedError(`${action} of stream ${name}`, error) : error;
  }
}

/** Says that the host is there; one that is known stays as it is. */
async function register(bus: Bus, host: string): Promise<void> {
  const record: HostRecord = { v: 1, host, since: new Date().toISOString() };
  await new Bucket(bus, bucketNames.hosts).replace(hostKey(host), JSON.stringify(record), 0);
}

async function currentConfig(bus: Bus, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await bus.jsm.streams.info(name)).config;
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === STREAM_NOT_FOUND) return undefined;
    throw isDenied(error) ? deniedError(`stream ${name}`, error) : error;
  }
}

function difference(
  present: StreamConfig,
  wanted: Partial<StreamConfig>,
): Record<string, { from: unknown; to: unknown }> {
  const entries = Object.entries(wanted).flatMap(([key, to]) => {
    const from = (present as unknown as Record<string, unknown>)[key];
    // The server leaves settings out that are at their zero value.
    const same =
      JSON.stringify(from) === JSON.stringify(to) || (from === undefined && (to === 0 || to === false || to === ""));
    return same ? [] : [[key, { from, to }] as const];
  });
  return Object.fromEntries(entries);
}

const streamConfig = (plan: StreamPlan, replicas: number): Partial<StreamConfig> => ({
  name: plan.name,
  description: plan.description,
  subjects: [...plan.subjects],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_bytes: plan.maxBytes,
  max_age: nanos(plan.maxAgeSeconds * 1000),
  duplicate_window: nanos(plan.duplicateWindowSeconds * 1000),
  num_replicas: replicas,
  ...(plan.lastOnly ? { max_msgs_per_subject: 1, storage: StorageType.Memory, allow_direct: true } : {}),
});

/** A bucket is a stream with these settings (ADR-8). */
const bucketConfig = (plan: BucketPlan, replicas: number): Partial<StreamConfig> => ({
  name: `KV_${plan.name}`,
  description: plan.description,
  subjects: [`$KV.${plan.name}.>`],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  max_msgs_per_subject: plan.history,
  max_bytes: plan.maxBytes,
  allow_rollup_hdrs: true,
  deny_delete: true,
  allow_direct: true,
  num_replicas: replicas,
});
