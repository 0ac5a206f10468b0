import { binding } from "./binding.ts";
import { nativeError } from "./errno.ts";
import { attempt } from "./error.ts";
import type { Pidfd } from "./pidfd.ts";

export type UeventGroup = "kernel" | "udev";

export interface UeventSocketOptions {
  groups: readonly UeventGroup[];
  /** Listen in the network namespace of this process; default: our own. */
  pidfd?: Pidfd;
  /** Default 16 MiB; what the kernel granted (doubled, socket(7)) is in the monitor's stats. */
  receiveBufferBytes?: number;
  /** Survives exec, so that a successor can adopt it. */
  inheritable?: boolean;
}

const bits = { kernel: 1, udev: 2 } as const satisfies Record<UeventGroup, number>;
const defaultReceiveBuffer = 16 * 1024 * 1024;

/** A bound uevent socket: events wait in it from now on. closeFd() it, or let a monitor adopt it. */
export function openUeventSocket(options: UeventSocketOptions): number {
  const bytes = options.receiveBufferBytes ?? defaultReceiveBuffer;
  if (!Number.isInteger(bytes) || bytes < 0 || bytes >= 2 ** 30)
    throw nativeError("EINVAL", "setsockopt", `receiveBufferBytes ${bytes}`, "expected 0 to 2^30 - 1");
  const groups = options.groups.reduce((all, group) => all | bits[group], 0);
  return attempt(() => binding.openUeventSocket(options.pidfd?.fd ?? -1, groups, bytes, options.inheritable ?? false));
}
