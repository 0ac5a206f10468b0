import { type Environment, integer } from "./config.ts";

/**
 * The uevent socket is opened by the supervisor where there is one: it outlives capture, so that what happens while capture is
 * down waits in it.
 */
const VARIABLE = "UDEVNS_UEVENT_FD";

/** Bytes asked for the socket; the kernel charges 1.3 kB for a 300-byte event. `UDEVNS_RCVBUF`. @throws UDEVNS_E_CONFIG */
export const ueventBufferBytes = (env: Environment): number =>
  integer(env, "UDEVNS_RCVBUF", 64 * 1024 * 1024, [1, 1 << 29]);

/** Number of the socket that was handed down. @throws UDEVNS_E_CONFIG */
export function ueventSocket(env: Environment): number | undefined {
  const fd = integer(env, VARIABLE, 0, [0, 1 << 20]);
  return fd === 0 ? undefined : fd;
}

/** What a process is told that gets the socket under this number. */
export const handDown = (fd: number): Environment => ({ [VARIABLE]: String(fd) });
