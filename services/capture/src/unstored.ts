import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { UeventDatagram } from "@udevns/native";

/**
 * Datagrams that have left the socket and are not yet known to be stored, across a kill at any moment: until then an edge is
 * nowhere else. One append a batch, which a kill leaves out or whole; the file is emptied whenever nothing is under way.
 */
export class Unstored {
  readonly #fd: number;
  /** What an earlier life left, oldest first. */
  readonly left: readonly UeventDatagram[];
  #empty: boolean;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#fd = openSync(path, "a+", 0o600);
    this.left = readWhole(readFileSync(this.#fd, "utf8"));
    this.#empty = this.left.length === 0;
  }

  add(batch: readonly UeventDatagram[]): void {
    writeSync(this.#fd, batch.map(writeLine).join(""));
    this.#empty = false;
  }

  /** Everything that was added is stored. */
  clear(): void {
    if (this.#empty) return;
    ftruncateSync(this.#fd);
    this.#empty = true;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const writeLine = ({ payload, receivedAtNs, ...rest }: UeventDatagram): string =>
  `${JSON.stringify({ ...rest, payload: payload.toString("base64"), receivedAtNs: String(receivedAtNs) })}\n`;

function readLine(line: string): UeventDatagram {
  const { payload, receivedAtNs, ...rest } = JSON.parse(line) as Omit<UeventDatagram, "payload" | "receivedAtNs"> & {
    payload: string;
    receivedAtNs: string;
  };
  return { ...rest, payload: Buffer.from(payload, "base64"), receivedAtNs: BigInt(receivedAtNs) };
}

/** A last line without its newline was cut by the kill. */
function readWhole(text: string): UeventDatagram[] {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.filter((line) => line !== "").map(readLine);
}
