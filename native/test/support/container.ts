import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type MountTarget, openPidfd, type Pidfd } from "../../src/index.ts";

/** Host id of root in a user-namespaced container. */
export const mappedRoot = 100_000;

export interface Container {
  readonly pid: number;
  readonly pidfd: Pidfd;
  readonly target: MountTarget;
  /** Host id of its root. */
  readonly root: number;
  /** Runs a command inside, as its root; what it printed. */
  inside(command: string): string;
  /** Mounts made by the host: devices work on them in both kinds. */
  insideAsHost(command: string): string;
  stop(): Promise<void>;
}

export const kinds = ["plain", "userNamespaced"] as const;
export type Kind = (typeof kinds)[number];

/** A process in namespaces of its own, with a tmpfs of its own on /mnt and, there, a directory dev. */
export async function startContainer(kind: Kind): Promise<Container> {
  const namespaced = kind === "userNamespaced";
  const flags = ["--net", "--mount", ...(namespaced ? ["--user"] : [])];
  const holder = spawn("unshare", [...flags, "sh", "-c", "echo ready; exec sleep infinity"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await firstLine(holder);
  const pid = holder.pid!;
  const root = namespaced ? mappedRoot : 0;
  if (namespaced)
    for (const map of ["uid_map", "gid_map"]) writeFileSync(`/proc/${pid}/${map}`, `0 ${mappedRoot} 65536`);
  const pidfd = openPidfd(pid);
  const enter = (extra: string[], command: string) =>
    execFileSync("nsenter", ["-t", String(pid), "-m", "-n", ...extra, "sh", "-c", command], { encoding: "utf8" });
  const container: Container = {
    pid,
    pidfd,
    root,
    target: { pidfd, rootUid: root, rootGid: root },
    inside: (command) => enter(namespaced ? ["-U"] : [], command),
    insideAsHost: (command) => enter([], command),
    async stop() {
      pidfd.close();
      if (holder.exitCode === null && holder.signalCode === null) {
        holder.kill("SIGKILL");
        await once(holder, "exit");
      }
    },
  };
  container.inside("mount -t tmpfs -o mode=755 container /mnt && mkdir /mnt/dev");
  return container;
}

/** The first line a child prints: it is ready. */
export async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface(child.stdout!);
  const [line] = await once(lines, "line");
  lines.close();
  return line;
}
