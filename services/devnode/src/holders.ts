import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { executeHere, openPidfd } from "@udevns/native";
import type { ContainerTarget, Devnum, Holder } from "@udevns/protocol";
import { membership, membersQuery } from "./spaces.ts";

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
  const left: Holder[] = [];
  for (const holder of await openFilesOf(await membersOf(container), devnum))
    if (devnum.major !== INPUT_MAJOR || !(await revoke(holder, devnum, container.pid))) left.push(holder);
  return left;
}

/** Its processes; none when it has ended, as its end closes its files. */
async function membersOf({ pid }: ContainerTarget): Promise<number[]> {
  const proc = openSync("/proc", constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const [found] = await executeHere(proc, [{ op: "members", path: "self", ...membersQuery(pid) }]);
    return found.ok ? found.result.entries.map((entry) => entry.pid) : [];
  } catch {
    return [];
  } finally {
    closeSync(proc);
  }
}

export const isStillHeld = async ({ pid, fd }: Holder, devnum: Devnum): Promise<boolean> =>
  (await openFilesOf([pid], devnum)).some((holder) => holder.fd === fd);

/** All in one thread, and each in its own where one of them holds that up. */
async function openFilesOf(pids: readonly number[], devnum: Devnum): Promise<Holder[]> {
  if (pids.length === 0) return [];
  const proc = openSync("/proc", constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const looks = pids.map((pid) => ({ op: "openFiles", path: `${pid}/fd`, ...devnum, mayFail: true }) as const);
    const outcomes = await executeHere(proc, looks, TIMEOUT);
    return outcomes.flatMap((found, index) => (found.ok ? holdersOf(pids[index] as number, found.result.entries) : []));
  } catch {
    if (pids.length === 1) return [];
    const found: Holder[] = [];
    for (const pid of pids) found.push(...(await openFilesOf([pid], devnum)));
    return found;
  } finally {
    closeSync(proc);
  }
}

function holdersOf(pid: number, files: readonly { fd: number }[]): Holder[] {
  if (files.length === 0) return [];
  try {
    const command = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    return files.map(({ fd }) => ({ pid, command, fd }));
  } catch {
    // It ended meanwhile.
    return [];
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
