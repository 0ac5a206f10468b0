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

/** What a keeper (`udevns-keeper`) gives: it holds the socket too, so that events wait in it while nobody reads. */
export interface KeptSocket {
  /** The socket to read; close-on-exec. */
  fd: number;
  /** A connection that ends when the keeper does. */
  connection: number;
  /** Nobody has had this socket before: it holds nothing from before the keeper's start. */
  fresh: boolean;
}

/** Asks the keeper at that path. `offered`: the socket that we read already; the keeper takes it for its own then. */
export function askKeeper(path: string, offered?: number): KeptSocket {
  if (path.includes("\0")) throw nativeError("EINVAL", "connect", JSON.stringify(path), "contains NUL");
  const [connection, fd, fresh] = attempt(() => binding.askKeeper(path, offered ?? -1));
  return { fd, connection, fresh };
}
