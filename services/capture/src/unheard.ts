import { type Bus, readLog } from "@udevns/bus";
import type { UeventDatagram } from "@udevns/native";
import { decodeEntries, streamNames, UeventMessage } from "@udevns/protocol";
import { understand } from "./listen.ts";

/**
 * SEQNUM of the last event that an earlier capture of this boot has said, or had and left for us to say; undefined when there was
 * none. Between it and the beginning of a socket that nobody held, at most as many events were heard by nobody as the kernel has
 * counted: its counter is that of all network namespaces together.
 */
export async function lastKnown(
  bus: Bus,
  { host, boot }: { host: string; boot: string },
  left: readonly UeventDatagram[],
): Promise<number | undefined> {
  const stream = streamNames.uevent(host);
  const { last_seq } = (await bus.jsm.streams.info(stream)).state;
  const stored = last_seq === 0 ? [] : await readLog(bus, stream, { sequence: last_seq });
  const texts = stored.map(({ subject, data }) => ({ key: subject, value: Buffer.from(data).toString("utf8") }));
  const said = decodeEntries(UeventMessage, texts, bus.onMalformed).filter((message) => message.boot === boot);
  const had = left.map(understand).flatMap((heard) => (heard.kind === "kernel" ? [heard.event] : []));
  const seqnums = [...said, ...had].map(({ seqnum }) => seqnum);
  return seqnums.length === 0 ? undefined : seqnums.reduce((a, b) => Math.max(a, b));
}
