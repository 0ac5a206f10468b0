import { type DeviceDatabase, serialOf, unquoted } from "@udevns/devices";
import { stringify } from "yaml";
import { toSketch } from "./device-sketch.ts";

export interface RecordOptions {
  /** Puts `masked-1`, `masked-2`, … in place of each serial number and hardware address, the same for the same. */
  readonly maskSerials?: boolean;
}

/**
 * A device with its whole unit and what is above it, as YAML to put under `devices:` of a policy test or into a bug report.
 * Undefined where there is no such device.
 */
export function recordDevice(db: DeviceDatabase, devpath: string, options: RecordOptions = {}): string | undefined {
  const unit = db.unitOf(devpath);
  if (unit === undefined) return undefined;
  const records = [...[...db.ancestors(unit.root)].reverse(), ...unit.devices];
  const sketches = records.map(toSketch);
  if (options.maskSerials !== true) return stringify(sketches);
  const secrets = new Set<string>();
  for (const record of records) {
    const said = { ...record.properties, ...record.udev?.properties };
    const texts = [serialOf(record), record.attributes.serial, record.attributes.address, unquoted(said.UNIQ)];
    for (const name of ["HID_UNIQ", "ID_SERIAL_SHORT", "ID_SERIAL", "ID_NET_NAME_MAC"]) texts.push(said[name]);
    for (const text of texts) if (text !== undefined && text.length >= 3) secrets.add(text);
  }
  return stringify(
    masked(
      sketches,
      [...secrets].sort((a, b) => b.length - a.length),
    ),
  );
}

/** The longest first, so that one serial that is part of another leaves nothing of it behind. */
function masked(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === "string") {
    return secrets.reduce((text, secret, i) => text.replaceAll(secret, `masked-${i + 1}`), value);
  }
  if (Array.isArray(value)) return value.map((item) => masked(item, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, masked(part, secrets)]));
}
