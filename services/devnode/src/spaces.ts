import { readlinkSync } from "node:fs";

/** The namespaces of a process that tell which container it is of. */
export interface Spaces {
  readonly mnt: string;
  readonly pid: string;
}

/** @throws ENOENT when it ended; EACCES where we may not look at it */
export const spacesOf = (pid: number | "self"): Spaces => ({
  mnt: readlinkSync(`/proc/${pid}/ns/mnt`),
  pid: readlinkSync(`/proc/${pid}/ns/pid`),
});

/** The host's pid namespace: pid 1's; where that may not be looked at, ours, as we need the host's ourselves. */
export function hostPidSpace(): string {
  try {
    return spacesOf(1).pid;
  } catch {
    return spacesOf("self").pid;
  }
}

/**
 * True when a process shares a namespace that only the container's have. A container may live in the host's pid namespace
 * (`--pid=host`): then everybody shares that.
 */
export const isInside = (process: Spaces, container: Spaces, hostPid: string): boolean =>
  process.mnt === container.mnt || (container.pid !== hostPid && process.pid === container.pid);
