import type { UeventDatagram } from "./monitor.ts";

const headerBytes = 32; // Header in cc/journal.cc

/**
 * The datagrams in a monitor's journal, oldest first, and the bytes that they take. One that a kill cut short is left out:
 * it is still in its socket.
 */
export function readUeventJournal(journal: Buffer): { datagrams: UeventDatagram[]; length: number } {
  const datagrams: UeventDatagram[] = [];
  let at = 0;
  while (at + headerBytes <= journal.length) {
    const length = journal.readUInt32LE(at);
    const pid = journal.readInt32LE(at + 12);
    const payload = journal.subarray(at + headerBytes, at + headerBytes + length);
    if (payload.length < length) break;
    datagrams.push({
      payload,
      group: journal.readUInt32LE(at + 4),
      portId: journal.readUInt32LE(at + 8),
      sender: pid < 0 ? undefined : { pid, uid: journal.readUInt32LE(at + 16), gid: journal.readUInt32LE(at + 20) },
      receivedAtNs: journal.readBigUInt64LE(at + 24),
    });
    at += headerBytes + length;
  }
  return { datagrams, length: at };
}
