import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { executeHere, NativeError, openPidfd } from "@udevns/native";
import type { Devnum, Holder } from "@udevns/protocol";
import { hasNamespaces } from "./spaces.ts";

export interface Patience {
  /** For a look at all processes, where nothing is in its way. */
  readonly ordinaryMs: number;
  /** For a walk that may be long, as somebody may have opened a million files to be passed over. */
  readonly longMs: number;
}
export const PATIENCE: Patience = { ordinaryMs: 1_000, longMs: 30_000 };

export interface Found {
  readonly holders: readonly Holder[];
  /** Why a process that lives could not be looked at. */
  readonly failure?: unknown;
}

/** All in one thread, and each in its own where one of them holds that up. */
export async function openFilesOf(pids: readonly number[], devnum: Devnum, patience: Patience): Promise<Found> {
  if (pids.length === 0) return { holders: [] };
  try {
    return { holders: await lookAt(pids, devnum, patience.ordinaryMs) };
  } catch {
    const holders: Holder[][] = [];
    let failure: unknown;
    for (const pid of pids) {
      try {
        // Where one has used up what there is of it, the rest changes nothing any more.
        const timeoutMs = failure === undefined ? patience.longMs : patience.ordinaryMs;
        holders.push(await lookAt([pid], devnum, timeoutMs));
      } catch (cause) {
        if (!hasEnded(pid)) failure ??= cause;
      }
    }
    const all = holders.flat();
    return failure === undefined ? { holders: all } : { holders: all, failure };
  }
}

/** @throws when one of them could not be looked at */
async function lookAt(pids: readonly number[], devnum: Devnum, timeoutMs: number): Promise<Holder[]> {
  const looks = pids.map((pid) => ({ op: "openFiles", path: `${pid}/task`, ...devnum, mayFail: true }) as const);
  const outcomes = await inProc((proc) => executeHere(proc, looks, { timeoutMs }));
  return outcomes.flatMap((found, index) => {
    if (found.ok) return holdersOf(found.result.entries);
    if (hasEnded(pids[index] as number)) return [];
    throw "error" in found ? found.error : new Error("skipped");
  });
}

function holdersOf(files: readonly { thread: number; fd: number }[]): Holder[] {
  const commands = new Map<number, string>();
  return files.flatMap(({ thread: pid, fd }) => {
    try {
      const command = commands.get(pid) ?? readFileSync(`/proc/${pid}/comm`, "utf8").trim();
      commands.set(pid, command);
      return [{ pid, command, fd }];
    } catch (error) {
      if (hasEnded(pid)) return [];
      throw error;
    }
  });
}

/** True, too, where nobody knows. */
export async function isStillHeld({ pid, fd }: Holder, devnum: Devnum): Promise<boolean> {
  try {
    const holders = await lookAt([pid], devnum, PATIENCE.ordinaryMs);
    return holders.some((holder) => holder.pid === pid && holder.fd === fd);
  } catch {
    return !hasEnded(pid);
  }
}

/** Not yet while it has a thread that runs. A thread that ends leaves its files before its namespaces (do_exit(), kernel/exit.c). */
export function hasEnded(pid: number): boolean {
  try {
    const pidfd = openPidfd(pid);
    try {
      return !pidfd.alive() || !hasNamespaces(pid);
    } finally {
      pidfd.close();
    }
  } catch (error) {
    return error instanceof NativeError && error.code === "ESRCH";
  }
}

export async function inProc<T>(run: (proc: number) => Promise<T>): Promise<T> {
  const proc = openSync("/proc", constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await run(proc);
  } finally {
    closeSync(proc);
  }
}
