import {
  type DeviceDatabase,
  deviceClass,
  idsOf,
  isHub,
  isPlaceholderSerial,
  serialOf,
  type Unit,
  unquoted,
} from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";
import { stringify } from "yaml";
import type { Match, Rule } from "./schema.ts";

export interface GenerateOptions {
  /** Whom the rules give to; to be changed by hand in the file. */
  readonly container?: string;
}

/** Writes a policy with a rule for each thing that is plugged in now: by its serial where it has one, else by its port. */
export function generatePolicy(db: DeviceDatabase, { container = "my-container" }: GenerateOptions = {}): string {
  const names = new Set<string>();
  const rules = [...db.units()]
    .sort((a, b) => (a.root < b.root ? -1 : 1))
    .flatMap((unit): Rule[] => {
      const root = unit.devices[0]!;
      if (!isPluggedIn(unit, root, db)) return [];
      const name = unique(titleOf(root, unit), names);
      return [{ name, match: matchOf(root, unit), give: { container } }];
    });
  return `${comment}${stringify({ version: 1, rules })}`;
}

const comment = `# Made by \`udevns policy generate\` from what was plugged in. Say for each rule who shall have it, or take it out.\n`;

/** What somebody plugged in to be used. The host's own disks, network cards and virtual devices are no such thing. */
function isPluggedIn({ devices }: Unit, root: DeviceRecord, db: DeviceDatabase): boolean {
  if (!devices.some(({ devnum }) => devnum !== undefined) || isHub(root)) return false;
  if (["usb", "bluetooth", "hid", "mmc"].includes(root.subsystem)) return true;
  const classes = new Set(devices.flatMap((device) => deviceClass(device, db)));
  return [...classes].some((name) => name !== "storage" && name !== "network" && name !== "keys");
}

function matchOf(root: DeviceRecord, unit: Unit): Match {
  const ids = idsOf(root);
  const serial = serialOf(root);
  const known = ids !== undefined && { vendor: ids.vendor, product: ids.product };
  if (serial !== undefined && !isPlaceholderSerial(serial) && known) return { ...known, serial: literal(serial) };
  if (unit.path !== undefined) return { ...known, port: literal(unit.path) };
  return { identity: unit.identity };
}

/** A text as a glob that matches it and nothing else. */
const literal = (text: string): string => text.replace(/[\\*?[|]/g, "\\$&");

function titleOf(root: DeviceRecord, unit: Unit): string {
  const { attributes, properties } = root;
  const maker = attributes.manufacturer?.trim();
  const product = attributes.product?.trim() ?? properties.HID_NAME ?? unquoted(properties.NAME);
  const words = [maker !== undefined && product?.startsWith(maker) ? undefined : maker, product].filter(Boolean);
  const place = unit.port ?? unit.root.slice(unit.root.lastIndexOf("/") + 1);
  return words.length === 0 ? `${root.subsystem} ${place}` : `${words.join(" ")} on ${place}`;
}

function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name} (${i})`;
  taken.add(free);
  return free;
}
