import { type Bus, readLog } from "@udevns/bus";
import { DevnodeWork, decodeEntries, type LogPosition, streamNames, subjects } from "@udevns/protocol";

/** What stands in a host's log of orders behind the last one that its checkpoint contains. */
export async function readTail(bus: Bus, host: string, last: LogPosition | undefined): Promise<DevnodeWork[]> {
  const start = last === undefined ? { sequence: 1 } : { sequence: last.sequence + 1, epoch: last.epoch };
  const stored = await readLog(bus, streamNames.devnode(host), start);
  const orders = stored.filter(({ subject }) => subject !== subjects.term(host));
  const texts = orders.map(({ subject, data }) => ({ key: subject, value: Buffer.from(data).toString("utf8") }));
  return decodeEntries(DevnodeWork, texts, bus.onMalformed);
}
