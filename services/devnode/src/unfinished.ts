import { executeIn } from "@udevns/native";
import type { HeldContainer } from "./containers.ts";
import type { HostNodes } from "./host-nodes.ts";

/** No inode: what is named so is never found. */
const NONE = { dev: 0n, ino: 0n };

/**
 * A kill between the bind of a node and the note of it leaves a mount that the registry cannot name. It is known by its file
 * system, which is ours, and goes, so that the node can be made as if for the first time.
 */
export async function clearUnfinishedBind(
  { target }: HeldContainer,
  hostNodes: HostNodes,
  path: string,
): Promise<void> {
  const [mounted] = await executeIn(target, [{ op: "stat", path }]);
  if (!mounted.ok || !mounted.result.exists) return;
  const { dev, ino, mount } = mounted.result;
  if (!mount.isRoot || dev !== hostNodes.device) return;
  const [, below] = await executeIn(target, [
    { op: "unbind", path, expect: { dev, ino }, mountPoint: NONE },
    { op: "stat", path },
  ]);
  if (!below.ok || !below.result.exists || below.result.kind !== "file" || below.result.size !== 0) return;
  await executeIn(target, [{ op: "unlink", path, expect: { dev: below.result.dev, ino: below.result.ino } }]);
}
