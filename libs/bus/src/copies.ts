import { bucketNames, streamNames, token } from "@udevns/protocol";
import type { Bus } from "./connect.ts";

/** What of a leaf's streams and the hub's is kept at both sides (ADR 9). */

const bucketStreams = (...names: readonly (keyof typeof bucketNames)[]): string[] =>
  names.map((name) => `KV_${bucketNames[name]}`);

/** What holds for all hosts is written at the hub alone; leaves follow it. */
export const fromHub: ReadonlySet<string> = new Set(bucketStreams("policy", "claims"));
/** What a host says is written at its leaf; the hub gathers it. */
export const fromLeaves: ReadonlySet<string> = new Set([
  streamNames.audit,
  ...bucketStreams("devices", "containers", "grants"),
]);

const LEAF = "leaf-";

/** JetStream domain of a host's own server. */
export const leafDomain = (host: string): string => `${LEAF}${token(host)}`;

/**
 * Whether another server copies what is written to the stream here. The hub does not know whether it has leaves, a leaf says so
 * in the domain of its INFO.
 */
export function isCopied({ nc }: Bus, stream: string): boolean {
  const { domain = "" } = (nc.info ?? {}) as { domain?: string };
  return fromHub.has(stream) || (fromLeaves.has(stream) && domain.startsWith(LEAF));
}
