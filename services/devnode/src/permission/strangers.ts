import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerTarget } from "@udevns/protocol";
import { hostPidSpace, isInside, type Spaces, spacesOf } from "../spaces.ts";

/**
 * A process of a cgroup that is not the container's: neither in its mount nor in a pid namespace of its own, nor come from its first process.
 * @returns its pid, or undefined when there is none
 */
export function strangerIn(directory: string, container: ContainerTarget): number | undefined {
  const own = spacesOf(container.pid);
  const hostPid = hostPidSpace();
  const members = readFileSync(join(directory, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  return members.find((pid) => pid !== container.pid && !belongs(pid, container.pid, own, hostPid));
}

function belongs(pid: number, init: number, own: Spaces, hostPid: string): boolean {
  try {
    return isInside(spacesOf(pid), own, hostPid) || descends(pid, init);
  } catch {
    // It ended meanwhile.
    return true;
  }
}

function descends(pid: number, ancestor: number): boolean {
  for (let at = pid; at > 1; ) {
    const stat = readFileSync(`/proc/${at}/stat`, "utf8");
    at = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (at === ancestor) return true;
  }
  return false;
}
