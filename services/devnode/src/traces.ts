import type { FileStat, Identity, Link, Operation, StatResult } from "@udevns/native";
import type { Devnum } from "@udevns/protocol";
import type { GiveStep } from "./give-steps.ts";
import type { KnownLink } from "./link.ts";
import type { Made } from "./made.ts";

interface Owned {
  readonly mode: number;
  /** Host ids. */
  readonly uid: number;
  readonly gid: number;
}

/** Something that is about to be made, by what it can be known again while its inode is not known. */
export type Trace =
  | ({ readonly kind: "node"; readonly path: string; readonly devnum: Devnum } & Owned)
  /** `source`: the node on our tmpfs. */
  | { readonly kind: "bind"; readonly path: string; readonly source: string }
  | { readonly kind: "link"; readonly path: string; readonly to: string }
  | { readonly kind: "file"; readonly path: string; readonly size: number }
  /** Was not there. */
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "interface"; readonly link: Link };

/** The interface that was moved, or was about to be. */
export const knownLinks = ({ link, traces = [] }: Pick<Made, "link" | "traces">): KnownLink[] =>
  link !== undefined
    ? [{ link, from: "moved" }]
    : traces.flatMap((trace): KnownLink[] => (trace.kind === "interface" ? [{ link: trace.link, from: "noted" }] : []));

export type PathTrace = Exclude<Trace, { kind: "interface" }>;

/** What the steps may leave behind. The directories of links, and of the udev database, may have been the container's own; they stay. */
export function tracesOf(steps: readonly GiveStep[]): PathTrace[] {
  return steps.flatMap(({ makes, operation }): PathTrace[] => {
    const { path } = operation;
    switch (operation.op) {
      case "expect":
        return [];
      case "mkdir":
        return makes === "directory" && operation.mayFail !== true ? [{ kind: "directory", path }] : [];
      case "mknod": {
        const { type, major, minor, mode, uid, gid } = operation;
        return [{ kind: "node", path, devnum: { type, major, minor }, mode, uid, gid }];
      }
      case "bind":
        return [{ kind: "bind", path, source: operation.source }];
      case "symlink":
        return [{ kind: "link", path, to: operation.to }];
      case "writeFile":
        return operation.keep === true ? [] : [{ kind: "file", path, size: operation.data.byteLength }];
      default:
        return operation satisfies never;
    }
  });
}

/** What is at the place of a trace; `to` is the text of a symlink. */
export interface Seen {
  readonly stat: StatResult;
  readonly to: string;
}

export interface Ours {
  /** st_dev of our tmpfs. */
  readonly nodesDev: bigint;
  /** Host ids of the container's root. */
  readonly root: { readonly uid: number; readonly gid: number };
}

/** No inode: what is named so is never found. */
const NONE = { dev: 0n, ino: 0n };

/** Removes what is at the place of a trace; undefined where there is nothing that looks as we make it. */
export function removalOf(trace: PathTrace, { stat, to }: Seen, ours: Ours): Operation | undefined {
  if (!stat.exists) return undefined;
  const { path } = trace;
  const expect: Identity = { dev: stat.dev, ino: stat.ino };
  const confined = true;
  const unlink: Operation = { op: "unlink", path, expect, confined };
  switch (trace.kind) {
    case "node":
      return isNode(stat, trace) ? unlink : undefined;
    case "bind":
      if (stat.mount.isRoot && stat.dev === ours.nodesDev)
        return { op: "unbind", path, expect, mountPoint: NONE, confined };
      return isMountPoint(stat) ? unlink : undefined;
    case "link":
      return stat.kind === "symlink" && to === trace.to ? unlink : undefined;
    case "file":
      return isRecord(stat, trace.size, ours) ? unlink : undefined;
    case "directory":
      return stat.kind === "dir" ? { op: "rmdir", path, expect, confined } : undefined;
    default:
      return trace satisfies never;
  }
}

/** It is born with no mode and gets its owner then. */
function isNode({ kind, rdev, mode, uid, gid }: FileStat, { devnum, ...owned }: Owned & { devnum: Devnum }): boolean {
  const { type, major, minor } = devnum;
  const isOwned = mode === 0 || (mode === owned.mode && uid === owned.uid && gid === owned.gid);
  return isOwned && kind === (type === "c" ? "char" : "block") && rdev.major === major && rdev.minor === minor;
}

/** As a bind makes it: a file that nobody may open, with nothing in it. */
const isMountPoint = ({ kind, size, mode }: FileStat): boolean => kind === "file" && size === 0 && mode === 0;

const isRecord = ({ kind, size, mode, uid, gid }: FileStat, expected: number, { root }: Ours): boolean =>
  kind === "file" && size === expected && mode === 0o644 && uid === root.uid && gid === root.gid;
