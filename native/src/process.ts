import { readFileSync, readlinkSync } from "node:fs";
import { nativeError } from "./errno.ts";
import { type IdRange, parseIdMap } from "./idmap.ts";
import { type CgroupMembership, parseCgroups, parseNamespace, parseStartTime } from "./procfs.ts";

const namespaceNames = ["net", "mnt", "user", "pid", "cgroup", "uts", "ipc"] as const;
export type NamespaceName = (typeof namespaceNames)[number];

export interface ProcessInfo {
  pid: number;
  /** With the pid it names the process for the life of this boot. */
  startTime: bigint;
  namespaces: Record<NamespaceName, bigint>;
  cgroups: CgroupMembership[];
  uidMap: IdRange[];
  gidMap: IdRange[];
}

/** ESRCH when there is no such process, or it ended (even if its number was taken again) while we read. */
export function readProcess(pid: number): ProcessInfo {
  const read = (name: string) => procRead(pid, name, (path) => readFileSync(path, "utf8"));
  const startTime = parseStartTime(read("stat"));
  const facts = {
    pid,
    startTime,
    namespaces: readNamespaces(pid),
    cgroups: parseCgroups(read("cgroup")),
    uidMap: parseIdMap(read("uid_map")),
    gidMap: parseIdMap(read("gid_map")),
  };
  if (parseStartTime(read("stat")) !== startTime)
    throw nativeError("ESRCH", "read", `/proc/${pid}`, "another process took the number");
  return facts;
}

function readNamespaces(pid: number): Record<NamespaceName, bigint> {
  const entries = namespaceNames.map((name) => [
    name,
    parseNamespace(procRead(pid, `ns/${name}`, (path) => readlinkSync(path))),
  ]);
  return Object.fromEntries(entries);
}

function procRead<T>(pid: number, name: string, read: (path: string) => T): T {
  const path = `/proc/${pid}/${name}`;
  try {
    return read(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // ESRCH: it ended between open and read; ENOENT: before.
    if (code === "ENOENT" || code === "ESRCH") throw nativeError("ESRCH", "read", path, "no such process");
    if (code === "EACCES" || code === "EPERM") throw nativeError(code, "read", path, "not permitted");
    throw error;
  }
}
