import { readFileSync } from "node:fs";

/** Where the cgroup hierarchies that may refuse a device are mounted. */
export interface Hierarchies {
  /** Of the v1 controller `devices`. */
  readonly v1?: string;
  readonly v2?: string;
}

export const readHierarchies = (): Hierarchies => findHierarchies(readFileSync("/proc/self/mountinfo", "utf8"));

/** @param mountinfo proc(5); only mounts of a whole hierarchy count, as paths in /proc/PID/cgroup start at its root */
export function findHierarchies(mountinfo: string): Hierarchies {
  let found: Hierarchies = {};
  for (const line of mountinfo.split("\n")) {
    const [mount = "", source = ""] = line.split(" - ");
    const [, , , root, path] = mount.split(" ");
    const [type, , options = ""] = source.split(" ");
    if (root !== "/" || path === undefined) continue;
    if (type === "cgroup2") found = { ...found, v2: path };
    if (type === "cgroup" && options.split(",").includes("devices")) found = { ...found, v1: path };
  }
  return found;
}
