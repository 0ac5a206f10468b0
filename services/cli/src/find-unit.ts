import type { DeviceDatabase, Unit } from "@udevns/devices";
import { UdevnsError } from "@udevns/protocol";

/**
 * The unit that a person means: by devpath of any of its devices, identity (`v1:…`), node (`/dev/sda`), devnum (`8:0`)
 * or kernel name (`event3`, `1-1`).
 * @throws UDEVNS_E_DEVICE_UNKNOWN for none; UDEVNS_E_USAGE for more than one
 */
export function findUnit(db: DeviceDatabase, host: string, text: string): Unit {
  const found = new Map<string, Unit>();
  for (const unit of db.units()) if (means(unit, text)) found.set(unit.root, unit);
  const [first, ...others] = found.values();
  if (first === undefined) throw new UdevnsError("UDEVNS_E_DEVICE_UNKNOWN", { device: text, host });
  if (others.length === 0) return first;
  const roots = [first, ...others].map(({ root }) => root).join(", ");
  throw new UdevnsError("UDEVNS_E_USAGE", { detail: `${text} may be any of ${roots}; give the devpath` });
}

function means({ identity, devices }: Unit, text: string): boolean {
  const plain = text.replace(/^\/sys(?=\/devices\/)/, "");
  if (identity === plain) return true;
  return devices.some(({ devpath, devname, devnum }) => {
    if (devpath === plain || devpath.slice(devpath.lastIndexOf("/") + 1) === plain) return true;
    if (devname !== undefined && (plain === devname || plain === `/dev/${devname}`)) return true;
    return devnum !== undefined && plain === `${devnum.major}:${devnum.minor}`;
  });
}
