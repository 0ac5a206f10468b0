import { executeIn, type StatResult } from "@udevns/native";
import type { HeldContainer } from "./containers.ts";
import type { HostNodes } from "./host-nodes.ts";

/** No inode: what is named so is never found. */
const NONE = { dev: 0n, ino: 0n };

/**
 * A kill in the middle of a bind, or between it and the note of it, leaves what the registry cannot name: the mount, which is known
 * by its file system, as that is ours; below it, or alone, the empty file that it was made over. Both go, so that the node can be
 * made as if for the first time.
 */
export async function clearUnfinishedBind(
  { target }: HeldContainer,
  hostNodes: Pick<HostNodes, "device">,
  path: string,
): Promise<void> {
  const [found] = await executeIn(target, [{ op: "stat", path }]);
  if (!found.ok || !found.result.exists) return;
  const { dev, ino, mount } = found.result;
  let left: StatResult = found.result;
  if (mount.isRoot && dev === hostNodes.device) {
    const [, below] = await executeIn(target, [
      { op: "unbind", path, expect: { dev, ino }, mountPoint: NONE },
      { op: "stat", path },
    ]);
    if (!below.ok) return;
    left = below.result;
  }
  if (isMountPoint(left)) await executeIn(target, [{ op: "unlink", path, expect: { dev: left.dev, ino: left.ino } }]);
}

/** As the bind makes it: a file that nobody may open, with nothing in it. */
const isMountPoint = (stat: StatResult): stat is Extract<StatResult, { exists: true }> =>
  stat.exists && stat.kind === "file" && stat.size === 0 && stat.mode === 0;
