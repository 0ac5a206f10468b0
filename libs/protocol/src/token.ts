import { createHash } from "node:crypto";

/** Longest token written out in full; a longer name is cut and closed with a hash, so that a hostile 10 kB label cannot become a subject. */
const MAX_TOKEN = 96;
const PLAIN = /^[A-Za-z0-9_-]+$/;

/**
 * Encodes any string as one NATS subject token that is also a legal KV key part: `[A-Za-z0-9_-]` stay,
 * every other UTF-8 byte becomes `=XX`, the empty string becomes `=`.
 * Injective: two names never share a token (past 96 characters by SHA-256). Never holds `. * >`, space or control bytes.
 * Source: NATS ADR-6 (naming rules), ADR-8 (KV keys).
 */
export function token(name: string): string {
  if (PLAIN.test(name) && name.length <= MAX_TOKEN) return name;
  if (name === "") return "=";
  let encoded = "";
  for (const byte of Buffer.from(name, "utf8")) {
    const char = String.fromCharCode(byte);
    encoded += byte < 0x80 && PLAIN.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  if (encoded.length <= MAX_TOKEN) return encoded;
  return `${encoded.slice(0, 40)}==${createHash("sha256").update(name, "utf8").digest("hex").slice(0, 40)}`;
}

/** Reads a token back. Returns undefined for a token that was cut (its name is in the message itself) or is none of ours. */
export function untoken(encoded: string): string | undefined {
  if (encoded === "=") return "";
  if (!/^(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+$/.test(encoded)) return undefined;
  const bytes = encoded.replace(
    /[A-Za-z0-9_-]|=([0-9A-F]{2})/g,
    (char, hex) => hex ?? char.charCodeAt(0).toString(16).padStart(2, "0"),
  );
  return Buffer.from(bytes, "hex").toString("utf8");
}

/** A device's key: its kernel name to read, a hash of its devpath to be sure. Used in KV keys, where devpaths are too long. */
export function deviceKey(devpath: string): string {
  const name = devpath.slice(devpath.lastIndexOf("/") + 1);
  return `${token(name).slice(0, 40)}-${createHash("sha256").update(devpath, "utf8").digest("hex").slice(0, 12)}`;
}
