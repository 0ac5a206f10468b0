import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { parseNamespace, parseParent } from "@udevns/native";

/** The namespaces of a process that tell which container it is of. */
export interface Spaces {
  readonly mnt: string;
  readonly pid: string;
}

/** @throws ENOENT when it ended; EACCES where we may not look at it */
export const spacesOf = (pid: number | "self"): Spaces => ({ mnt: spaceOf(pid, "mnt"), pid: spaceOf(pid, "pid") });

/** Of a process whose first thread has ended, the others say it. */
function spaceOf(pid: number | "self", kind: keyof Spaces): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch (error) {
    if (!isGone(error)) throw error;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      try {
        return readlinkSync(`/proc/${pid}/task/${thread}/ns/${kind}`);
      } catch (other) {
        if (!isGone(other)) throw other;
      }
    }
    throw error;
  }
}

/** ESRCH: it ended between the name and the look. */
const isGone = (error: unknown): boolean => ["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "");

/** False of a process all of whose threads end or have ended. True where nobody may look. */
export function hasNamespaces(pid: number): boolean {
  try {
    spaceOf(pid, "mnt");
    return true;
  } catch (error) {
    return !isGone(error);
  }
}

/** The host's pid namespace: pid 1's; where that may not be looked at, ours, as we need the host's ourselves. */
export function hostPidSpace(): string {
  try {
    return spacesOf(1).pid;
  } catch {
    return spacesOf("self").pid;
  }
}

/**
 * True when a process shares a namespace that only the container's have. A container may live in the host's pid namespace
 * (`--pid=host`): then everybody shares that. Its network it may share with other containers.
 */
export const isInside = (process: Spaces, container: Spaces, hostPid: string): boolean =>
  process.mnt === container.mnt || (container.pid !== hostPid && process.pid === container.pid);

/** True for a container's processes. False, too, for one that ended meanwhile. Remembers each: a number that is had again needs another. */
export type Membership = (pid: number) => boolean;

/**
 * Tells a container's processes from others. One that has made itself namespaces of its own in there is still the container's: its
 * parents are, up to the first process of its pid namespace, to which the kernel gives its orphans.
 * @throws when the container's first process has ended
 */
export function membership(init: number): Membership {
  const own = spacesOf(init);
  const hostPid = hostPidSpace();
  const seen = new Map<number, boolean>([
    [0, false],
    [1, false],
    [init, true],
  ]);
  const isMember = (pid: number): boolean => {
    const known = seen.get(pid);
    if (known !== undefined) return known;
    try {
      const answer = isInside(spacesOf(pid), own, hostPid) || isMember(parentOf(pid));
      seen.set(pid, answer);
      return answer;
    } catch {
      // It ended meanwhile.
      return false;
    }
  };
  return isMember;
}

/**
 * The same for all processes there are, asked of the addon (operation `members`).
 * @throws when the container's first process has ended
 */
export function membersQuery(init: number): { mnt: number; pidNamespace: number } {
  const own = spacesOf(init);
  return { mnt: inodeOf(own.mnt), pidNamespace: own.pid === hostPidSpace() ? 0 : inodeOf(own.pid) };
}

const inodeOf = (link: string): number => Number(parseNamespace(link));

const parentOf = (pid: number): number => parseParent(readFileSync(`/proc/${pid}/stat`, "utf8"));
