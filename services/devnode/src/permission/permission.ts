import type { DeviceKey } from "@udevns/native";
import type { NodeSpec } from "@udevns/protocol";

/** A device number that a container may use because of us. */
export interface Permission extends DeviceKey {
  /** Letters of `rwm`. */
  readonly access: string;
}

export const permissionFor = ({ devnum, access }: NodeSpec): Permission => ({ ...devnum, access });

/** `b 8:1 rw`, as the files of cgroup v1 and lxc-cgroup(1) have it. */
export const formatPermission = ({ type, major, minor, access }: Permission): string =>
  `${type} ${major}:${minor} ${access}`;

/** True when a line of a cgroup's `devices.list` allows the whole of it. */
export function isAllowedBy(line: string, { type, major, minor, access }: Permission): boolean {
  const [kind, numbers = "", letters = ""] = line.trim().split(/\s+/);
  const [lineMajor, lineMinor] = numbers.split(":");
  const matches = (text: string | undefined, number: number) => text === "*" || text === String(number);
  return (
    (kind === "a" || kind === type) &&
    matches(lineMajor, major) &&
    matches(lineMinor, minor) &&
    [...access].every((letter) => letters.includes(letter))
  );
}
