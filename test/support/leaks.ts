import { readdirSync, readFileSync, statSync } from "node:fs";
import { Bucket } from "@udevns/bus";
import { deviceMapOf } from "@udevns/native";
import { bucketNames, token } from "@udevns/protocol";
import type { Stack } from "./stack.ts";

/** Everything that could be left behind by containers that came and went. */
export interface Leftovers {
  readonly grants: number;
  readonly descriptors: Readonly<Record<string, number>>;
  readonly mounts: number;
  readonly programs: number;
  readonly hostNodes: number;
}

const roles = ["capture", "inventory", "policy", "devnode", "injector"] as const;

export async function countLeftovers(stack: Stack): Promise<Leftovers> {
  const bucket = new Bucket(stack.bus, bucketNames.grants);
  const descriptors = roles.map((role) => [role, descriptorsOf(stack.status(role)?.pid as number)] as const);
  return {
    grants: (await bucket.entries(`${token(stack.host)}.`, `test-leaks-${process.pid}`)).length,
    descriptors: Object.fromEntries(descriptors),
    mounts: mountsBelow(stack.env.UDEVNS_RUN_DIR as string),
    programs: countOurPrograms(),
    hostNodes: readdirSync(`${stack.env.UDEVNS_RUN_DIR}/${token(stack.host)}/devnode/nodes`).length,
  };
}

/** This machine is not ours alone, so only what lies in this stack's directory counts. */
const mountsBelow = (directory: string): number =>
  readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .filter((line) => line.includes(` ${directory}/`)).length;

const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Ids are given out in order, so one more than the kernel ever gave is soon found. */
function countOurPrograms(): number {
  let ours = 0;
  for (let id = 1, misses = 0; misses < 20_000; id += 1) {
    try {
      const map = deviceMapOf(id);
      misses = 0;
      if (map === undefined) continue;
      map.close();
      ours += 1;
    } catch {
      misses += 1;
    }
  }
  return ours;
}

/** Cgroups below one, itself not counted. */
export function countCgroups(directory: string): number {
  const below = readdirSync(directory).filter((name) => statSync(`${directory}/${name}`).isDirectory());
  return below.reduce((sum, name) => sum + 1 + countCgroups(`${directory}/${name}`), 0);
}

/** Cgroups that limit devices by v1 and whose name begins so. */
export function countCgroupsNamed(prefix: string): number {
  return readdirSync("/sys/fs/cgroup/devices").filter((name) => name.startsWith(prefix)).length;
}
