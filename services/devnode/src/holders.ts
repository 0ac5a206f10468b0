import { closeSync, constants, openSync, readdirSync, readFileSync } from "node:fs";
import { executeHere, openPidfd } from "@udevns/native";
import type { ContainerTarget, Devnum, Holder } from "@udevns/protocol";
import { type Membership, membership } from "./spaces.ts";

/** Major number of input devices (Documentation/admin-guide/devices.txt). */
const INPUT_MAJOR = 13;
/** What hangs longer is a file system of the process's own, and no device. */
const TIMEOUT = { timeoutMs: 1_000 };

/**
 * Takes a device's open files away from a container that has lost it: without its permission nothing new can be opened, but what is
 * open stays so. Input devices can be revoked; of the others the kernel has no such word.
 * @returns the processes that still hold it
 */
export async function revokeHolders(container: ContainerTarget, devnum: Devnum): Promise<Holder[]> {
  let isMember: Membership;
  try {
    isMember = membership(container.pid);
  } catch {
    // Its end closes its files.
    return [];
  }
  const left: Holder[] = [];
  for (const pid of readdirSync("/proc").filter(isNumber).map(Number)) {
    if (!isMember(pid)) continue;
    for (const holder of await openFiles(pid, devnum))
      if (devnum.major !== INPUT_MAJOR || !(await revoke(holder, devnum, container.pid))) left.push(holder);
  }
  return left;
}

export const isStillHeld = async ({ pid, fd }: Holder, devnum: Devnum): Promise<boolean> =>
  (await openFiles(pid, devnum)).some((holder) => holder.fd === fd);

const isNumber = (name: string): boolean => /^\d+$/.test(name);

async function openFiles(pid: number, devnum: Devnum): Promise<Holder[]> {
  const proc = openSync("/proc", constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const [found] = await executeHere(proc, [{ op: "openFiles", path: `${pid}/fd`, ...devnum }], TIMEOUT);
    if (!found.ok || found.result.entries.length === 0) return [];
    const command = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    return found.result.entries.map(({ fd }) => ({ pid, command, fd }));
  } catch {
    // It ended meanwhile.
    return [];
  } finally {
    closeSync(proc);
  }
}

async function revoke({ pid, fd }: Holder, devnum: Devnum, init: number): Promise<boolean> {
  const proc = openSync("/proc", constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const pidfd = openPidfd(pid);
    try {
      // The number may be another process's since it was listed.
      if (!membership(init)(pid) || !pidfd.alive()) return true;
      const [outcome] = await executeHere(
        proc,
        [{ op: "revoke", path: `${pid}/fd/${fd}`, pidfd: pidfd.fd, fd, ...devnum }],
        TIMEOUT,
      );
      // No event device (mice, js): then it is listed. Another file by now: then it is held no more.
      return outcome.ok;
    } finally {
      pidfd.close();
    }
  } catch {
    // It ended meanwhile.
    return false;
  } finally {
    closeSync(proc);
  }
}
