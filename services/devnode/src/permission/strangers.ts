import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { ContainerTarget } from "@udevns/protocol";

/**
 * A process of a cgroup that is not the container's: neither in its mount nor in its pid namespace, nor come from its first process.
 * @returns its pid, or undefined when there is none
 */
export function strangerIn(directory: string, container: ContainerTarget): number | undefined {
  const own = spacesOf(container.pid);
  const members = readFileSync(join(directory, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  return members.find((pid) => pid !== container.pid && !isInside(pid, container.pid, own));
}

function isInside(pid: number, init: number, own: readonly string[]): boolean {
  try {
    return spacesOf(pid).some((space) => own.includes(space)) || descends(pid, init);
  } catch {
    // It ended meanwhile.
    return true;
  }
}

const spacesOf = (pid: number): string[] => ["mnt", "pid"].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));

function descends(pid: number, ancestor: number): boolean {
  for (let at = pid; at > 1; ) {
    const stat = readFileSync(`/proc/${at}/stat`, "utf8");
    at = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (at === ancestor) return true;
  }
  return false;
}
