import { executeIn, type Operation } from "@udevns/native";
import type { ContainerTarget } from "@udevns/protocol";
import type { Devnode } from "./devnode.ts";
import { fileSystemError } from "./look.ts";
import { expectInode, type Made } from "./made.ts";

/**
 * Removes what was made for a device, and nothing else: each path goes only if the very inode that we made is there.
 * @returns `already` when nothing of ours was there
 */
export async function take(devnode: Devnode, container: ContainerTarget, devpath: string): Promise<"done" | "already"> {
  const { registry } = devnode;
  const made = registry.get(container.instance, devpath);
  if (made === undefined) return "already";
  try {
    const { target } = devnode.containers.hold(container);
    // The permission goes first: without it a node that could not be removed, or one that the container made itself, opens nothing.
    if (made.permission !== undefined) await devnode.permissions.deny(container, made.permission);
    const steps = removalSteps(made);
    if (steps.length > 0) {
      for (const outcome of await executeIn(target, steps)) {
        if (!outcome.ok && "error" in outcome && outcome.error.code !== "ENOENT")
          throw fileSystemError(container, outcome.error);
      }
    }
    await devnode.removeEmptyDirectories(container);
  } finally {
    if (made.node?.kind === "bind") devnode.hostNodes.remove(made.node.source);
    registry.record({ unmade: { instance: container.instance, devpath } });
  }
  return "done";
}

function removalSteps({ node, links }: Made): Operation[] {
  const steps: Operation[] = links.map(({ path, inode }) => ({ op: "unlink", path, expect: expectInode(inode) }));
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
