import type { Bus } from "./connect.ts";
import { deniedError, isDenied } from "./denied.ts";
import { streamError } from "./stream-error.ts";

/** The last message of one subject. */
export interface LastMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly sequence: number;
  /** When the server stored it. */
  readonly time: Date;
  /** For a bucket's entry that was deleted. */
  readonly deleted: boolean;
}

/** Requests under way at once. */
const BATCH = 64;
const TIMEOUT_MS = 5_000;
const NOT_FOUND = 404;

/**
 * The last message of every subject of a filter, without a consumer: whoever may both write a stream and make consumers of it can
 * have the server deliver what they wrote to any subject at all (docs/security.md).
 */
export async function lastMessages(bus: Bus, stream: string, filter: string): Promise<LastMessage[]> {
  const { state } = await bus.jsm.streams.info(stream, { subjects_filter: filter }).catch((error: unknown) => {
    throw streamError(error, stream, bus.url);
  });
  const subjects = Object.keys(state.subjects ?? {});
  const found: LastMessage[] = [];
  for (let at = 0; at < subjects.length; at += BATCH) {
    const messages = await Promise.all(subjects.slice(at, at + BATCH).map((each) => lastMessage(bus, stream, each)));
    found.push(...messages.filter((message) => message !== undefined));
  }
  return found;
}

/** @returns undefined when there is none */
export async function lastMessage(bus: Bus, stream: string, subject: string): Promise<LastMessage | undefined> {
  try {
    // The subject is part of the request's, so that permissions hold for it; the client's own call has it in the body.
    const request = `${bus.api}.DIRECT.GET.${stream}.${subject}`;
    const { data, headers } = await bus.nc.request(request, "", { timeout: TIMEOUT_MS });
    if (headers === undefined || headers.code === NOT_FOUND) return undefined;
    return {
      subject,
      data,
      sequence: Number(headers.get("Nats-Sequence")),
      time: new Date(headers.get("Nats-Time-Stamp")),
      deleted: headers.has("KV-Operation"),
    };
  } catch (error) {
    if (isDenied(error)) throw deniedError(subject, error);
    throw streamError(error, stream, bus.url);
  }
}
