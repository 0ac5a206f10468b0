import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerTarget } from "@udevns/protocol";
import { membership } from "../spaces.ts";

/** A process of a cgroup that is not the container's. @returns its pid, or undefined when there is none */
export function strangerIn(directory: string, container: ContainerTarget): number | undefined {
  const isMember = membership(container.pid);
  const members = readFileSync(join(directory, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  return members.find((pid) => !isMember(pid) && existsSync(`/proc/${pid}`));
}
