import { UdevnsError } from "@udevns/protocol";
import { isOneProperty } from "./format.ts";
import { bloom64, murmur2 } from "./murmur2.ts";
import { readProperties } from "./parse.ts";

const PREFIX = "libudev\0";
const MAGIC = 0xfeedcafe;
const HEADER_BYTES = 40;

/** What udevd tells its listeners (netlink group 2) of one device. */
export interface LibudevMessage {
  /** In udevd's order, ACTION, DEVPATH, SUBSYSTEM, SEQNUM, TAGS and DEVLINKS among them. */
  properties: Record<string, string>;
}

export const isLibudevMessage = (payload: Buffer): boolean =>
  payload.length >= PREFIX.length && payload.toString("latin1", 0, 8) === PREFIX;

/**
 * Reads a libudev message: 40-byte header, then NUL-separated properties (src/libsystemd/sd-device/device-monitor.c).
 * @throws UDEVNS_E_UEVENT
 */
export function parseLibudevMessage(payload: Buffer): LibudevMessage {
  const malformed = (detail: string) => new UdevnsError("UDEVNS_E_UEVENT", { bytes: payload.length, detail });
  if (payload.length < HEADER_BYTES || !isLibudevMessage(payload)) throw malformed("it has no libudev header");
  if (payload.readUInt32BE(8) !== MAGIC) throw malformed("its magic number is not libudev's");
  // Offsets are in the sender's byte order, which is ours: the message never leaves the machine.
  const offset = payload.readUInt32LE(16);
  const length = payload.readUInt32LE(20);
  if (offset < HEADER_BYTES || offset + length > payload.length) throw malformed("its properties lie outside of it");
  const lines = payload
    .toString("utf8", offset, offset + length)
    .split("\0")
    .filter((line) => line !== "");
  return { properties: readProperties(lines, malformed) };
}

/**
 * Writes a libudev message. Filter words are computed as udevd does: libudev's listeners attach a socket filter on them,
 * so a message with wrong words would never be seen.
 */
export function formatLibudevMessage(properties: Record<string, string>, tags: readonly string[]): Buffer {
  const text = Object.entries(properties)
    .filter(([key, value]) => isOneProperty(key, value))
    .map(([key, value]) => `${key}=${value}\0`)
    .join("");
  const body = Buffer.from(text, "utf8");
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(PREFIX, 0, "latin1");
  header.writeUInt32BE(MAGIC, 8);
  header.writeUInt32LE(HEADER_BYTES, 12);
  header.writeUInt32LE(HEADER_BYTES, 16);
  header.writeUInt32LE(body.length, 20);
  header.writeUInt32BE(murmur2(properties.SUBSYSTEM ?? ""), 24);
  header.writeUInt32BE(properties.DEVTYPE === undefined ? 0 : murmur2(properties.DEVTYPE), 28);
  const bloom = bloom64(tags);
  header.writeUInt32BE(Number(bloom >> 32n), 32);
  header.writeUInt32BE(Number(bloom & 0xffffffffn), 36);
  return Buffer.concat([header, body]);
}
