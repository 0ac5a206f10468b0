import { executeHere, NativeError, openPidfd, type Pidfd } from "@udevns/native";
import { type ContainerTarget, type Devnum, type Holder, UdevnsError } from "@udevns/protocol";
import { hasEnded, inProc, openFilesOf, PATIENCE, type Patience } from "./open-files.ts";
import { membership, membersQuery } from "./spaces.ts";

/** Major number of input devices (Documentation/admin-guide/devices.txt). */
const INPUT_MAJOR = 13;

/** Of a device that is open a million times, no message can say each. */
const MOST_SAID = 100;
/** In one visit to the addon. */
const MOST_REVOKED = 1_000;

/**
 * Takes a device's open files away from a container that has lost it: without its permission nothing new can be opened, but what is
 * open stays so. Input devices can be revoked; of the others the kernel has no such word.
 * @returns the processes that still hold it
 * @throws UDEVNS_E_NODE_FS when there are some that nobody could look at: they may hold it
 */
export async function revokeHolders(
  container: ContainerTarget,
  devnum: Devnum,
  patience: Patience = PATIENCE,
): Promise<Holder[]> {
  const unknown = (cause: unknown) =>
    new UdevnsError("UDEVNS_E_NODE_FS", { name: container.name, detail: `nobody knows who has it open: ${cause}` });
  let members: readonly number[];
  try {
    members = await membersOf(container, patience);
  } catch (cause) {
    if (hasEnded(container.pid)) return [];
    throw unknown(cause);
  }
  const { holders, failure } = await openFilesOf(members, devnum, patience);
  const failures: unknown[] = failure === undefined ? [] : [failure];
  const left: Holder[][] = [];
  for (const [pid, files] of byProcess(holders)) {
    try {
      left.push(devnum.major === INPUT_MAJOR ? await revoke(pid, files, devnum, container.pid, patience) : files);
    } catch (cause) {
      if (!hasEnded(pid)) failures.push(cause);
    }
  }
  // What could be revoked is; but it is not taken while there may be more.
  if (failures.length > 0 && !hasEnded(container.pid)) throw unknown(failures[0]);
  return left.flat().slice(0, MOST_SAID);
}

function byProcess(holders: readonly Holder[]): Map<number, Holder[]> {
  const processes = new Map<number, Holder[]>();
  for (const holder of holders) {
    const files = processes.get(holder.pid) ?? [];
    processes.set(holder.pid, files);
    files.push(holder);
  }
  return processes;
}

/** Its processes. No file system of its own is asked. @throws when it has ended, too */
async function membersOf({ pid }: ContainerTarget, { longMs }: Patience): Promise<number[]> {
  const looks = [{ op: "members", path: "self", ...membersQuery(pid) }] as const;
  const [found] = await inProc((proc) => executeHere(proc, looks, { timeoutMs: longMs }));
  if (found.ok) return found.result.entries.map((entry) => entry.pid);
  throw "error" in found ? found.error : new Error("skipped");
}

/** @returns what cannot be revoked @throws when nobody knows */
async function revoke(
  pid: number,
  files: readonly Holder[],
  devnum: Devnum,
  init: number,
  { longMs }: Patience,
): Promise<Holder[]> {
  const pidfd = openHolder(pid);
  if (pidfd === undefined) return [...files];
  try {
    // The number may be another process's since it was listed.
    if (!membership(init)(pid) || !pidfd.alive()) return [];
    const left: Holder[] = [];
    for (let at = 0; at < files.length; at += MOST_REVOKED) {
      const some = files.slice(at, at + MOST_REVOKED);
      const steps = some.map(
        ({ fd }) => ({ op: "revoke", path: `${pid}/fd/${fd}`, pidfd: pidfd.fd, fd, ...devnum, mayFail: true }) as const,
      );
      const outcomes = await inProc((proc) => executeHere(proc, steps, { timeoutMs: longMs }));
      for (const holder of some.filter((_, index) => !isRevoked(outcomes[index]))) left.push(holder);
    }
    return left;
  } finally {
    pidfd.close();
  }
}

/** A thread with files of its own is as good as a process, from Linux 6.9 on. @returns undefined: before, nobody gets at its files */
function openHolder(pid: number): Pidfd | undefined {
  for (const kind of ["thread", "process"] as const) {
    try {
      return openPidfd(pid, kind);
    } catch (error) {
      if (!(error instanceof NativeError) || !["EINVAL", "ENOENT"].includes(error.code)) throw error;
    }
  }
  return undefined;
}

/** By a copy of the same descriptor, or the device is gone: ENODEV. Its process has ended: ESRCH. */
const HELD_NO_MORE: readonly string[] = ["ENODEV", "ESRCH"];

/** No event device (mice, js): then it is listed. Another file by now: then it is held no more. */
const isRevoked = (outcome: Awaited<ReturnType<typeof executeHere>>[number] | undefined): boolean =>
  outcome !== undefined && (outcome.ok || ("error" in outcome && HELD_NO_MORE.includes(outcome.error.code)));
