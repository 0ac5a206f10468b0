import { UdevnsError } from "@udevns/protocol";

export interface ParsedUevent {
  action: string;
  devpath: string;
  subsystem: string;
  seqnum: number;
  /** Every property, in the kernel's order, ACTION, DEVPATH, SUBSYSTEM and SEQNUM among them. */
  properties: Record<string, string>;
}

const NUL = 0;

/**
 * Reads one datagram of the kernel's uevent group: `action@devpath\0KEY=VALUE\0…` (lib/kobject_uevent.c).
 * @throws UDEVNS_E_UEVENT for anything the kernel would not send: no trailing NUL, header and properties that disagree,
 * a devpath with an empty, `.` or `..` component, control characters in ACTION, DEVPATH, SUBSYSTEM or DEVNAME.
 */
export function parseUevent(payload: Buffer): ParsedUevent {
  const malformed = (detail: string) => new UdevnsError("UDEVNS_E_UEVENT", { bytes: payload.length, detail });
  if (payload.length === 0 || payload[payload.length - 1] !== NUL) throw malformed("it does not end in NUL");
  const [header = "", ...lines] = payload.toString("utf8", 0, payload.length - 1).split("\0");
  const at = header.indexOf("@");
  if (at <= 0) throw malformed("its header is not action@devpath");
  const properties = readProperties(lines, malformed);
  const { ACTION: action, DEVPATH: devpath, SUBSYSTEM: subsystem, SEQNUM: seqnum } = properties;
  if (action === undefined || devpath === undefined || subsystem === undefined || seqnum === undefined) {
    throw malformed("ACTION, DEVPATH, SUBSYSTEM or SEQNUM is missing");
  }
  if (header !== `${action}@${devpath}`) throw malformed("its header and its properties disagree");
  if (!/^[a-z]+$/.test(action)) throw malformed("ACTION is not a word");
  if (!isCleanPath(devpath)) throw malformed("DEVPATH is not a clean absolute path");
  if (hasControl(subsystem) || subsystem === "") throw malformed("SUBSYSTEM is not a name");
  if (properties.DEVNAME !== undefined && hasControl(properties.DEVNAME))
    throw malformed("DEVNAME has control characters");
  if (!/^[0-9]{1,16}$/.test(seqnum)) throw malformed("SEQNUM is not a number");
  return { action, devpath, subsystem, seqnum: Number(seqnum), properties };
}

/** `KEY=VALUE` lines to an object that keeps their order. */
export function readProperties(lines: readonly string[], malformed: (detail: string) => Error): Record<string, string> {
  const entries: [string, string][] = [];
  for (const line of lines) {
    const equals = line.indexOf("=");
    if (equals <= 0) throw malformed(`property ${JSON.stringify(line.slice(0, 40))} is not KEY=VALUE`);
    entries.push([line.slice(0, equals), line.slice(equals + 1)]);
  }
  // fromEntries defines own properties, so a key named __proto__ stays a key.
  return Object.fromEntries(entries);
}

/** True for an absolute path without empty, `.` or `..` components and without control characters. */
export function isCleanPath(path: string): boolean {
  if (!path.startsWith("/") || hasControl(path)) return false;
  return path
    .slice(1)
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== "..");
}

const hasControl = (text: string): boolean => /[\x00-\x1f\x7f]/.test(text);
