import { existsSync } from "node:fs";
import { executeIn, type Operation } from "@udevns/native";
import type { ContainerTarget, Holder } from "@udevns/protocol";
import type { Devnode } from "./devnode.ts";
import { revokeHolders } from "./holders.ts";
import { moveOut } from "./link.ts";
import { fileSystemError } from "./look.ts";
import { expectInode, type Made } from "./made.ts";

export interface Taken {
  readonly outcome: "done" | "already";
  readonly holders: readonly Holder[];
}

/**
 * Removes what was made for a device, and nothing else: each path goes only if the very inode that we made is there.
 * `already`: nothing of ours was there. The registry's record stays, for the caller to end once the container has been told.
 */
export async function take(devnode: Devnode, container: ContainerTarget, devpath: string): Promise<Taken> {
  const { registry } = devnode;
  const made = registry.get(container.instance, devpath);
  if (made === undefined) return { outcome: "already", holders: [] };
  try {
    const held = devnode.containers.hold(container);
    // The permission goes first: without it a node that could not be removed, or one that the container made itself, opens nothing.
    const denied = made.permission === undefined ? [] : [devnode.permissions.deny(container, made.permission)];
    await Promise.allSettled(denied);
    if (made.link !== undefined) moveOut(container, held, made.link);
    const steps = removalSteps(made);
    if (steps.length > 0) {
      for (const outcome of await executeIn(held.target, steps)) {
        if (!outcome.ok && "error" in outcome && outcome.error.code !== "ENOENT")
          throw fileSystemError(container, outcome.error);
      }
    }
    await devnode.removeEmptyDirectories(container);
    await Promise.all(denied);
    return { outcome: "done", holders: await revoke(made) };
  } finally {
    if (made.node?.kind === "bind") devnode.hostNodes.remove(made.node.source);
  }
}

/** Of a device that was unplugged no open file works any more; one that only changes hands goes on in whatever holds it. */
async function revoke({ order: { container, device, node } }: Made): Promise<Holder[]> {
  return node === undefined || !existsSync(`/sys${device.devpath}`) ? [] : revokeHolders(container, node.devnum);
}

function removalSteps({ node, links, udev }: Made): Operation[] {
  const files = [...(udev?.files ?? []), ...links];
  const steps: Operation[] = files.map(({ path, inode }) => ({ op: "unlink", path, expect: expectInode(inode) }));
  if (node?.kind === "mknod") steps.push({ op: "unlink", path: node.path, expect: expectInode(node.node) });
  if (node?.kind === "bind") {
    steps.push({
      op: "unbind",
      path: node.path,
      expect: expectInode(node.node),
      mountPoint: expectInode(node.mountPoint),
    });
  }
  return steps;
}
