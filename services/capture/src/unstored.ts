import { ftruncateSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { readUeventJournal, type UeventDatagram } from "@udevns/native";

/** The journal of what left the socket and is not yet known to be stored: until it is, an edge is nowhere else. */
export interface Unstored {
  readonly fd: number;
  /** What an earlier capture left, oldest first. */
  readonly left: readonly UeventDatagram[];
}

export function openUnstored(path: string): Unstored {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fd = openSync(path, "a+", 0o600);
  const bytes = readFileSync(fd);
  const { datagrams, length } = readUeventJournal(bytes);
  // What a kill cut short would spoil all that is appended behind it.
  if (length < bytes.length) ftruncateSync(fd, length);
  return { fd, left: datagrams };
}
