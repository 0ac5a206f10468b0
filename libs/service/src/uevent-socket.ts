import { type Environment, integer } from "./config.ts";

/**
 * The uevent socket is opened by the supervisor where there is one: it outlives capture, so that what happens while capture is
 * down waits in it.
 */
const VARIABLE = "UDEVNS_UEVENT_FD";

/** Bytes asked for the socket; the kernel charges 1.3 kB for a 300-byte event. `UDEVNS_RCVBUF`. @throws UDEVNS_E_CONFIG */
export const ueventBufferBytes = (env: Environment): number =>
  integer(env, "UDEVNS_RCVBUF", 64 * 1024 * 1024, [1, 1 << 29]);

/** The first that systemd hands down, sd_listen_fds(3). */
const FIRST_OF_SYSTEMD = 3;

/** Number of the socket that was handed down, by `udevns up` or by systemd's socket unit. @throws UDEVNS_E_CONFIG */
export function ueventSocket(env: Environment, pid = process.pid): number | undefined {
  const fd = integer(env, VARIABLE, 0, [0, 1 << 20]);
  if (fd !== 0) return fd;
  return env.LISTEN_PID === String(pid) && env.LISTEN_FDS === "1" ? FIRST_OF_SYSTEMD : undefined;
}

/** What a process is told that gets the socket under this number. */
export const handDown = (fd: number): Environment => ({ [VARIABLE]: String(fd) });
