import { UdevnsError } from "@udevns/protocol";
import type { Bus } from "./connect.ts";
import { messageAt } from "./read-log.ts";
import { streamInfo } from "./stream-error.ts";

const RETRY_MS = 200;
const CATCH_UP_MS = 5_000;
/** Requests under way at once. */
const BATCH = 64;

/**
 * The stream's last sequence. A cluster's new leader may for a moment not know the last ones that its predecessor acknowledged, so
 * it is given time to come to `atLeast`.
 * @throws UDEVNS_E_STREAM_MISSING also when the stream is another than the one of `epoch`; UDEVNS_E_BUS_DENIED
 */
export async function lastSequence(bus: Bus, stream: string, epoch: string, atLeast: number): Promise<number> {
  const patience = performance.now() + CATCH_UP_MS;
  for (;;) {
    try {
      const { created, state } = await streamInfo(bus, stream);
      if (created !== epoch) throw new UdevnsError("UDEVNS_E_STREAM_MISSING", { stream });
      if (state.last_seq >= atLeast || performance.now() > patience) return state.last_seq;
    } catch (error) {
      if (!mayRecover(bus, error)) throw closedOr(bus, error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** The Msg-Ids of what stands there, undefined for what has none or has gone. */
export async function idsOf(
  bus: Bus,
  stream: string,
  sequences: readonly number[],
): Promise<Map<number, string | undefined>> {
  const ids = new Map<number, string | undefined>();
  for (let at = 0; at < sequences.length; at += BATCH) {
    const batch = sequences.slice(at, at + BATCH);
    const found = await Promise.all(batch.map((sequence) => idAt(bus, stream, sequence)));
    for (const [index, sequence] of batch.entries()) ids.set(sequence, found[index]);
  }
  return ids;
}

async function idAt(bus: Bus, stream: string, sequence: number): Promise<string | undefined> {
  for (;;) {
    try {
      return (await messageAt(bus, stream, sequence))?.id;
    } catch (error) {
      if (!mayRecover(bus, error)) throw closedOr(bus, error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

const mayRecover = (bus: Bus, error: unknown): boolean =>
  !bus.nc.isClosed() && (!(error instanceof UdevnsError) || error.retry);

const closedOr = (bus: Bus, error: unknown): unknown =>
  bus.nc.isClosed()
    ? new UdevnsError("UDEVNS_E_BUS_UNAVAILABLE", { url: bus.url, detail: "connection closed" })
    : error;
