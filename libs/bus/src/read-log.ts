import { NatsError } from "nats";
import type { Bus } from "./connect.ts";
import { streamError, streamInfo } from "./stream-error.ts";

/** Requests under way at once. */
const BATCH = 64;
const NOT_FOUND = 404;

export interface StoredMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Its `Nats-Msg-Id`. */
  readonly id: string | undefined;
}

/**
 * What a stream holds from a place on, in order, without a consumer: for the stream's own writer, which must not have the right
 * to make one (docs/security.md). `epoch`: the stream's life that the sequence is of; in another one reading starts at the first.
 */
export async function readLog(
  bus: Bus,
  stream: string,
  start: { readonly sequence: number; readonly epoch?: string },
): Promise<StoredMessage[]> {
  const { state, created } = await streamInfo(bus, stream);
  const sameLife = start.epoch === undefined || start.epoch === created;
  const found: StoredMessage[] = [];
  for (let at = Math.max(sameLife ? start.sequence : 1, state.first_seq); at <= state.last_seq; at += BATCH) {
    const sequences = Array.from({ length: Math.min(BATCH, state.last_seq - at + 1) }, (_, index) => at + index);
    const messages = await Promise.all(sequences.map((sequence) => messageAt(bus, stream, sequence)));
    found.push(...messages.filter((message) => message !== undefined));
  }
  return found;
}

/** @returns undefined when there is none */
export async function messageAt(bus: Bus, stream: string, seq: number): Promise<StoredMessage | undefined> {
  try {
    const { subject, data, header } = await bus.jsm.streams.getMessage(stream, { seq });
    return { subject, data, id: header?.get("Nats-Msg-Id") || undefined };
  } catch (error) {
    // It aged out since the stream was asked.
    if (error instanceof NatsError && error.api_error?.code === NOT_FOUND) return undefined;
    throw streamError(error, stream, bus.url);
  }
}
