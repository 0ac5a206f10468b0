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

/** `thread`: whose files these are; threads mostly share their process's. */
export interface OpenFile extends Holder {
  readonly thread: number;
}

export interface Found {
  readonly files: readonly OpenFile[];
  /** Why a process that lives could not be looked at. */
  readonly failure?: unknown;
}

/** All in one thread, and each in its own where one of them holds that up. */
export async function openFilesOf(pids: readonly number[], devnum: Devnum, patience: Patience): Promise<Found> {
  if (pids.length === 0) return { files: [] };
  try {
    return { files: await lookAt(pids, devnum, patience.ordinaryMs) };
  } catch {
    const files: OpenFile[][] = [];
    let failure: unknown;
    for (const pid of pids) {
      try {
        // Where one has used up what there is of it, the rest changes nothing any more.
        const timeoutMs = failure === undefined ? patience.longMs : patience.ordinaryMs;
        files.push(await lookAt([pid], devnum, timeoutMs));
      } catch (cause) {
        if (!hasEnded(pid)) failure ??= cause;
      }
    }
    const all = files.flat();
    return failure === undefined ? { files: all } : { files: all, failure };
  }
}

/** @throws when one of them could not be looked at */
async function lookAt(pids: readonly number[], devnum: Devnum, timeoutMs: number): Promise<OpenFile[]> {
  const looks = pids.map((pid) => ({ op: "openFiles", path: `${pid}/task`, ...devnum, mayFail: true }) as const);
  const outcomes = await inProc((proc) => executeHere(proc, looks, { timeoutMs }));
  return outcomes.flatMap((found, index) => {
    const pid = pids[index] as number;
    if (found.ok) return named(pid, found.result.entries);
    if (hasEnded(pid)) return [];
    throw "error" in found ? found.error : new Error("skipped");
  });
}

function named(pid: number, files: readonly { thread: number; fd: number }[]): OpenFile[] {
  if (files.length === 0) return [];
  try {
    const command = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    return files.map((file) => ({ pid, command, ...file }));
  } catch (error) {
    if (hasEnded(pid)) return [];
    throw error;
  }
}

/** By whichever of its threads. True, too, where nobody knows. */
export async function isStillHeld({ pid, fd }: Holder, devnum: Devnum): Promise<boolean> {
  try {
    return (await lookAt([pid], devnum, PATIENCE.ordinaryMs)).some((file) => file.fd === fd);
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
