import { executeHere } from "@udevns/native";
import { type ContainerTarget, type Devnum, type Holder, UdevnsError } from "@udevns/protocol";
import { hasEnded, inProc, type OpenFile, openFilesOf, PATIENCE, type Patience } from "./open-files.ts";
import { revokeAll } from "./revoke-files.ts";
import { membersQuery } from "./spaces.ts";

/** Of a device that is open a million times, no message can say each. */
const MOST_SAID = 100;
/** For what is handed on from thread to thread, or number to number, while it is looked for. */
const MOST_LOOKS = 8;

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
  for (let look = 1; ; look += 1) {
    let members: readonly number[];
    try {
      members = await membersOf(container, patience);
    } catch (cause) {
      if (hasEnded(container.pid)) return [];
      throw unknown(cause);
    }
    const { files, failure } = await openFilesOf(members, devnum, patience);
    const { left, moved, failures } = await revokeAll(files, devnum, container.pid, patience);
    if (failure !== undefined) failures.push(failure);
    if (moved && look === MOST_LOOKS) failures.push(new Error("it is never where it was found"));
    // What could be revoked is; but it is not taken while there may be more.
    if (failures.length > 0 && !hasEnded(container.pid)) throw unknown(failures[0]);
    if (!moved || failures.length > 0) return said(left);
  }
}

const said = (files: readonly OpenFile[]): Holder[] =>
  files.slice(0, MOST_SAID).map(({ pid, command, fd }) => ({ pid, command, fd }));

/** Its processes. No file system of its own is asked. @throws when it has ended, too */
async function membersOf({ pid }: ContainerTarget, { longMs }: Patience): Promise<number[]> {
  const looks = [{ op: "members", path: "self", ...membersQuery(pid) }] as const;
  const [found] = await inProc((proc) => executeHere(proc, looks, { timeoutMs: longMs }));
  if (found.ok) return found.result.entries.map((entry) => entry.pid);
  throw "error" in found ? found.error : new Error("skipped");
}
