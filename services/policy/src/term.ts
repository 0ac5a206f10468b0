import { type Bus, LogWriter } from "@udevns/bus";
import { isUdevnsError, type Lease, streamNames, subjects } from "@udevns/protocol";

/** Orders that may be under way at once. */
const WINDOW = 16;

/**
 * Writes the beginning of a term into the host's log of orders. Behind it the server refuses whatever an earlier holder still sends,
 * as that expects another sequence before it; devnode's filter passes it over.
 *
 * The earlier holder may have a window of orders under way, whose expected sequences follow one another: were the beginning one
 * message, it would take the place of one of them, and the next would find the sequence that it expects. So it is one message more
 * than a window, and counts only when nothing of another's stands between them.
 */
export async function beginTerm(
  bus: Bus,
  host: string,
  replica: string,
): Promise<{ writer: LogWriter; sequence: number }> {
  const term: Lease = { v: 1, host, holder: replica };
  for (let attempt = 0; ; attempt += 1) {
    const writer = await LogWriter.open(bus, streamNames.devnode(host), WINDOW);
    try {
      const id = `term:${replica}:${process.pid}:${Date.now()}:${attempt}`;
      const parts = Array.from({ length: WINDOW + 1 }, (_, part) => `${id}:${part}`);
      const stored = await Promise.all(parts.map((part) => writer.publish(subjects.term(host), term, part)));
      return { writer, sequence: Math.max(...stored) };
    } catch (error) {
      // The earlier holder wrote in between; behind that it is our turn again.
      if (!isUdevnsError(error, "UDEVNS_E_BUS_FENCED")) throw error;
    }
  }
}
