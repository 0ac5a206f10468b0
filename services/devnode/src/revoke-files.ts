import { executeHere, NativeError, openPidfd, type Pidfd } from "@udevns/native";
import type { Devnum } from "@udevns/protocol";
import { hasEnded, inProc, type OpenFile, type Patience } from "./open-files.ts";
import { membership } from "./spaces.ts";

/** Major number of input devices (Documentation/admin-guide/devices.txt). */
const INPUT_MAJOR = 13;

/** In one visit to the addon. */
const MOST_REVOKED = 1_000;

interface Revoked {
  readonly left: OpenFile[];
  /** What was found was not there any more: it may be open by another number, or in another thread. */
  readonly moved: boolean;
}

/** @param init the first process of the container whose files they are */
export async function revokeAll(
  files: readonly OpenFile[],
  devnum: Devnum,
  init: number,
  patience: Patience,
): Promise<Revoked & { readonly failures: unknown[] }> {
  if (devnum.major !== INPUT_MAJOR) return { left: [...files], moved: false, failures: [] };
  const all: Revoked[] = [];
  const failures: unknown[] = [];
  for (const some of byThread(files)) {
    try {
      all.push(await revoke(some, devnum, init, patience));
    } catch (cause) {
      if (hasEnded(some[0].thread)) all.push({ left: [], moved: true });
      else failures.push(cause);
    }
  }
  return { left: all.flatMap(({ left }) => left), moved: all.some(({ moved }) => moved), failures };
}

type Files = readonly [OpenFile, ...OpenFile[]];

function byThread(files: readonly OpenFile[]): Iterable<Files> {
  const threads = new Map<number, [OpenFile, ...OpenFile[]]>();
  for (const file of files) {
    const others = threads.get(file.thread);
    if (others === undefined) threads.set(file.thread, [file]);
    else others.push(file);
  }
  return threads.values();
}

/** @throws when nobody knows */
async function revoke(files: Files, devnum: Devnum, init: number, { longMs }: Patience): Promise<Revoked> {
  const [{ pid, thread }] = files;
  const pidfd = openHolder(thread);
  if (pidfd === undefined) return { left: [...files], moved: false };
  try {
    // The number may be another process's since it was listed.
    if (!membership(init)(pid) || !pidfd.alive()) return { left: [], moved: true };
    const left: OpenFile[] = [];
    let moved = false;
    for (let at = 0; at < files.length; at += MOST_REVOKED) {
      const some = files.slice(at, at + MOST_REVOKED);
      const steps = some.map(
        ({ fd }) => ({ op: "revoke", path: `${pid}/fd/${fd}`, pidfd: pidfd.fd, fd, ...devnum, mayFail: true }) as const,
      );
      const outcomes = await inProc((proc) => executeHere(proc, steps, { timeoutMs: longMs }));
      for (const [index, file] of some.entries()) {
        const fate = fateOf(outcomes[index]);
        if (fate === "left") left.push(file);
        if (fate === "moved") moved = true;
      }
    }
    return { left, moved };
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

type Outcome = Awaited<ReturnType<typeof executeHere>>[number];

function fateOf(outcome: Outcome | undefined): "revoked" | "moved" | "left" {
  if (outcome?.ok) return "revoked" in outcome.result && outcome.result.revoked ? "revoked" : "moved";
  switch (outcome !== undefined && "error" in outcome ? outcome.error.code : undefined) {
    // By a copy of the same descriptor, or the device is gone.
    case "ENODEV":
      return "revoked";
    case "EBADF":
    case "ESRCH":
      return "moved";
    default:
      // No event device (mice, js).
      return "left";
  }
}
