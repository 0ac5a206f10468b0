import { type Bus, LogWriter } from "@udevns/bus";
import { isUdevnsError, type Lease, streamNames, subjects } from "@udevns/protocol";

/**
 * Writes the beginning of a term into the host's log of orders. From then on the server refuses whatever an earlier holder still
 * sends, as that expects another sequence before it; devnode's filter passes the message over.
 */
export async function beginTerm(
  bus: Bus,
  host: string,
  replica: string,
): Promise<{ writer: LogWriter; sequence: number }> {
  const term: Lease = { v: 1, host, holder: replica };
  for (let attempt = 0; ; attempt += 1) {
    const writer = await LogWriter.open(bus, streamNames.devnode(host));
    try {
      const id = `term:${replica}:${process.pid}:${Date.now()}:${attempt}`;
      return { writer, sequence: await writer.publish(subjects.term(host), term, id) };
    } catch (error) {
      // The earlier holder wrote in between; behind that it is our turn again.
      if (!isUdevnsError(error, "UDEVNS_E_BUS_FENCED")) throw error;
    }
  }
}
