import { accessSync, existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { INITIAL_USER_NAMESPACE, netnsOwner, openPidfd } from "@udevns/native";
import type { ContainerRecord, GateState } from "@udevns/protocol";
import { runGateProgram } from "@udevns/service";
import { parseListeners } from "@udevns/uevent";
import type { ContainerFacts, HostFacts } from "./diagnose.ts";

export async function readHostFacts(): Promise<HostFacts> {
  return {
    root: process.getuid?.() === 0,
    bpfGate: await runGateProgram("probe").then(
      () => undefined,
      (error: Error) => error.message,
    ),
    udev: existsSync("/run/udev/control"),
    jitHarden: Number(textOf("/proc/sys/net/core/bpf_jit_harden") ?? 0),
    lxcCgroup: (process.env.PATH ?? "").split(":").some((directory) => existsSync(join(directory, "lxc-cgroup"))),
  };
}

/** Only looks: nothing is opened in the container, whose files may be anything. */
export function readFacts(record: ContainerRecord, gate: GateState | undefined): ContainerFacts {
  const root = `/proc/${record.pid}/root`;
  const mounts = textOf(`/proc/${record.pid}/mountinfo`) ?? "";
  const listeners = parseListeners(textOf(`/proc/${record.pid}/net/netlink`) ?? "");
  return {
    record,
    gate,
    hearsHost: hearsHost(record),
    readable: isReadable(root),
    devIsHosts: deviceOf(`${root}/dev`) === deviceOf("/dev"),
    sysReadOnly: isReadOnly(mounts, "/sys"),
    runReadOnly: isReadOnly(mounts, "/run"),
    control: kindOf(`${root}/run/udev/control`),
    listensToKernel: listeners.some(({ groups }) => (groups & 1) !== 0),
    listensToUdev: listeners.some(({ groups }) => (groups & 2) !== 0),
  };
}

/** By who owns its network namespace; where that cannot be asked, by what is so in nearly all containers. */
function hearsHost({ pid, userNamespaced }: ContainerRecord): boolean {
  try {
    const pidfd = openPidfd(pid);
    try {
      return netnsOwner(pidfd) === INITIAL_USER_NAMESPACE;
    } finally {
      pidfd.close();
    }
  } catch {
    return !userNamespaced;
  }
}

/** The mount that a path lies on is the longest that it begins with; of several on one place the last. */
export function isReadOnly(mountinfo: string, path: string): boolean {
  const mounts = mountinfo
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , , , at]) => at !== undefined && (at === "/" || at === path || path.startsWith(`${at}/`)));
  const longest = Math.max(...mounts.map(([, , , , at]) => (at ?? "").length));
  const options = mounts.filter(([, , , , at]) => at?.length === longest).at(-1)?.[5] ?? "";
  return options.split(",").includes("ro");
}

function isReadable(path: string): boolean {
  try {
    accessSync(join(path, "dev"));
    return true;
  } catch {
    return false;
  }
}

function deviceOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.dev;
}

function kindOf(path: string): ContainerFacts["control"] {
  try {
    return lstatSync(path).isSocket() ? "socket" : "file";
  } catch {
    return "missing";
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
