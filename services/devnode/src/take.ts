import { executeIn, isHangingIn, type Operation } from "@udevns/native";
import { type ContainerTarget, type Holder, UdevnsError } from "@udevns/protocol";
import type { Devnode } from "./devnode.ts";
import { revokeHolders } from "./holders.ts";
import { moveOut } from "./link.ts";
import { fileSystemError } from "./look.ts";
import { expectInode, type Made } from "./made.ts";
import { isNumberInUse } from "./still-there.ts";
import { knownLinks } from "./traces.ts";
import { removeTraces } from "./unfinished.ts";

export interface Taken {
  readonly outcome: "done" | "already";
  readonly holders: readonly Holder[];
}

/** Removes what was made for a device, and takes what is open of it away. */
export async function take(
  devnode: Devnode,
  container: ContainerTarget,
  devpath: string,
  keep?: "interface",
): Promise<Taken> {
  const made = devnode.registry.get(container.instance, devpath);
  const outcome = await remove(devnode, container, devpath, keep);
  return { outcome, holders: made === undefined ? [] : await revoke(made) };
}

/**
 * Removes what was made for a device, and nothing else: each path goes only if the very inode that we made is there.
 * The registry's record stays, for the caller to end once the container has been told.
 * @param keep an interface stays where it is, as it is given again
 * @returns `already`: nothing of ours was there
 */
export async function remove(
  devnode: Devnode,
  container: ContainerTarget,
  devpath: string,
  keep?: "interface",
): Promise<Taken["outcome"]> {
  const made = devnode.registry.get(container.instance, devpath);
  if (made === undefined) return "already";
  try {
    const held = devnode.containers.hold(container);
    // The permission goes first: without it a node that could not be removed, or one that the container made itself, opens nothing.
    const denied = made.permission === undefined ? [] : [devnode.permissions.deny(container, made.permission)];
    await Promise.allSettled(denied);
    if (keep === undefined) for (const link of knownLinks(made)) moveOut(container, held, devpath, link);
    // Asked before anything is removed: what comes back later may have made something later.
    const hangs = made.traces !== undefined && isHangingIn(held.target);
    const steps = removalSteps(made);
    if (steps.length > 0) {
      for (const outcome of await executeIn(held.target, steps)) {
        if (!outcome.ok && "error" in outcome && outcome.error.code !== "ENOENT")
          throw fileSystemError(container, outcome.error);
      }
    }
    await removeTraces(container, held, devnode.hostNodes, made.traces ?? []);
    await devnode.removeEmptyDirectories(container);
    await Promise.all(denied);
    if (hangs) throw new UdevnsError("UDEVNS_E_NODE_FS", { name: container.name, detail: STILL_AWAY });
    return "done";
  } finally {
    for (const source of sourcesOf(made)) devnode.hostNodes.remove(source);
  }
}

const STILL_AWAY = "a step that was begun in it has not come back, and may still be done";

/** Of a device that was unplugged no open file works any more; one that changes hands, or number, goes on in whatever holds it. */
export async function revoke({ order: { container, node } }: Made): Promise<Holder[]> {
  return node === undefined || !isNumberInUse(node.devnum) ? [] : revokeHolders(container, node.devnum);
}

/** Where on our tmpfs its node is, or was about to be. */
const sourcesOf = ({ node, traces = [] }: Made): string[] => [
  ...(node?.kind === "bind" ? [node.source] : []),
  ...traces.flatMap((trace) => (trace.kind === "bind" ? [trace.source] : [])),
];

/** The node first: a link or a record may lie where a file system of the container's own answers nobody. */
function removalSteps({ node, links, udev }: Made): Operation[] {
  const files = [...links, ...(udev?.files ?? [])];
  return [
    ...nodeRemoval(node),
    ...files.map(({ path, inode }): Operation => ({ op: "unlink", path, expect: expectInode(inode) })),
  ];
}

function nodeRemoval(node: Made["node"]): Operation[] {
  switch (node?.kind) {
    case "mknod":
      return [{ op: "unlink", path: node.path, expect: expectInode(node.node) }];
    case "bind": {
      const mountPoint = expectInode(node.mountPoint);
      return [{ op: "unbind", path: node.path, expect: expectInode(node.node), mountPoint }];
    }
    case "found":
    case undefined:
      return [];
    default:
      return node satisfies never;
  }
}
