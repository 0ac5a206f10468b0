import { type Bus, lastMessages } from "@udevns/bus";
import { bucketNames } from "@udevns/protocol";
import { SILENT_MS } from "./statuses.ts";

/** A replica of policy that has ended without saying so. Its host's heartbeat may be another replica's by now. */
export interface SilentReplica {
  readonly replica: string;
  /** ISO 8601, by the server's clock. */
  readonly silentSince: string;
}

/** Those whose sign of life is older than another's by more than a living one's can be. */
export async function silentReplicas(bus: Bus): Promise<SilentReplica[]> {
  const { leases } = bucketNames;
  // Before the first `udevns provision` there is no such bucket.
  const stored = await lastMessages(bus, `KV_${leases}`, `$KV.${leases}.*.replica`).catch(() => []);
  const signs = stored.filter(({ deleted }) => !deleted);
  // Only the server's clock says when a sign came, and a living replica's tells what time it is there.
  const now = Math.max(...signs.map(({ time }) => time.getTime()));
  return signs
    .filter(({ time }) => now - time.getTime() > SILENT_MS)
    .map(({ data, time }) => ({ replica: Buffer.from(data).toString(), silentSince: time.toISOString() }));
}
