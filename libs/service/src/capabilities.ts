import { readFileSync } from "node:fs";
import { type ServiceRole, UdevnsError } from "@udevns/protocol";
import type { Environment } from "./config.ts";
import { ueventSocket } from "./uevent-socket.ts";

/** Bits of /proc/PID/status's CapEff (linux/capability.h). */
const bits = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_FOWNER: 3,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_NET_ADMIN: 12,
  CAP_SYS_CHROOT: 18,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_MKNOD: 27,
} as const;
export type Capability = keyof typeof bits;

/** What each service cannot do its work without. Capture needs one where nobody gives it the uevent socket. */
export const capabilitiesOf: Readonly<Record<ServiceRole, readonly Capability[]>> = {
  capture: [],
  inventory: ["CAP_SYS_PTRACE"],
  policy: [],
  devnode: [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_ADMIN",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SYS_ADMIN",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
  ],
  injector: ["CAP_NET_ADMIN", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"],
};

/** For SO_RCVBUFFORCE. */
const OWN_SOCKET: readonly Capability[] = ["CAP_NET_ADMIN"];

const needed = (role: ServiceRole, env: Environment): readonly Capability[] =>
  role === "capture" && ueventSocket(env) === undefined && !env.UDEVNS_UEVENT_KEEPER
    ? OWN_SOCKET
    : capabilitiesOf[role];

/**
 * Said at the start and by name: later it would be an EPERM here and there, in one container and not in another.
 * @param status text of /proc/self/status
 * @throws UDEVNS_E_RIGHTS
 */
export function checkCapabilities(
  role: ServiceRole,
  env: Environment,
  status = readFileSync("/proc/self/status", "utf8"),
): void {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const missing = needed(role, env).filter((name) => ((effective >> BigInt(bits[name])) & 1n) === 0n);
  if (missing.length > 0)
    throw new UdevnsError("UDEVNS_E_RIGHTS", { what: `udevns ${role}`, need: missing.join(", ") });
}
