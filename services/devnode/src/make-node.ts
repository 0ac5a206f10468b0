import { closeFd, executeIn, mapToHost, type Operation } from "@udevns/native";
import type { NodeSpec, WorkOf } from "@udevns/protocol";
import type { HeldContainer } from "./containers.ts";
import type { Devnode } from "./devnode.ts";
import { hostDev } from "./host-directories.ts";
import { fileSystemError, look } from "./look.ts";
import { inodeOf, type Made, type MadeNode } from "./made.ts";
import { devPath, parents } from "./node-path.ts";
import { type GivePlan, planGive } from "./plan-give.ts";
import { resolvePrincipal } from "./principals.ts";
import { clearUnfinishedBind } from "./unfinished.ts";

/** Makes the node of an order, the directories above it and the links to it. */
export async function makeNode(
  devnode: Devnode,
  order: WorkOf<"give">,
  spec: NodeSpec,
  held: HeldContainer,
  begun: boolean,
): Promise<Pick<Made, "node" | "links">> {
  const { container } = order;
  const { target, process } = held;
  if (begun) await clearUnfinishedBind(held, devnode.hostNodes, devPath(spec.path));
  const seen = await look(container, target, spec);
  const plan = planGive(spec, {
    containerName: container.name,
    userNamespaced: container.userNamespaced,
    hostDev: hostDev(),
    look: seen,
    begun,
  });
  const inside = { uid: resolvePrincipal(spec.owner, seen.passwd), gid: resolvePrincipal(spec.group, seen.group) };
  // An id that the container does not map would belong to nobody in there; its root gets the node instead.
  const ids = {
    uid: mapToHost(process.uidMap, inside.uid) ?? container.root.uid,
    gid: mapToHost(process.gidMap, inside.gid) ?? container.root.gid,
  };
  await makeDirectories(devnode, order, plan.directories, held);
  const node = await place(devnode, order, spec, plan, held, ids, seen.node);
  return { node, links: await makeLinks(devnode, order, plan, held, begun) };
}

async function makeDirectories(
  devnode: Devnode,
  order: WorkOf<"give">,
  directories: readonly Operation<"mkdir">[],
  { target }: HeldContainer,
): Promise<void> {
  if (directories.length === 0) return;
  const { container } = order;
  const owned = directories.map((step) => ({ ...step, uid: container.root.uid, gid: container.root.gid }));
  const outcomes = await executeIn(target, owned);
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.ok && outcome.result.created) {
      const { path } = owned[index] as Operation<"mkdir">;
      devnode.registry.record({ directory: { instance: container.instance, path, inode: inodeOf(outcome.result) } });
    } else if (!outcome.ok && "error" in outcome) throw fileSystemError(container, outcome.error);
  }
}

async function place(
  devnode: Devnode,
  order: WorkOf<"give">,
  spec: NodeSpec,
  { node: how, path }: GivePlan,
  { target }: HeldContainer,
  ids: { uid: number; gid: number },
  present: { exists: false } | { exists: true; dev: bigint; ino: bigint },
): Promise<MadeNode> {
  const { container, device } = order;
  if (how === "found") return { kind: "found", path };
  if (how === "adopt" && present.exists) return { kind: "mknod", path, node: inodeOf(present) };
  if (how === "mknod") {
    const { type, major, minor } = spec.devnum;
    const [outcome] = await executeIn(target, [{ op: "mknod", path, type, major, minor, mode: spec.mode, ...ids }]);
    if (outcome?.ok) return { kind: "mknod", path, node: inodeOf(outcome.result) };
    throw outcome !== undefined && "error" in outcome
      ? fileSystemError(container, outcome.error)
      : new Error("mknod had no outcome");
  }
  const { source, fd } = await devnode.hostNodes.make(container.instance, device.devpath, spec, ids);
  try {
    const [outcome] = await executeIn(target, [{ op: "bind", path, sourceFd: fd }]);
    if (!outcome?.ok)
      throw outcome !== undefined && "error" in outcome
        ? fileSystemError(container, outcome.error)
        : new Error("bind had no outcome");
    const { dev, ino, mountPointDev, mountPointIno } = outcome.result;
    return {
      kind: "bind",
      path,
      node: inodeOf({ dev, ino }),
      mountPoint: inodeOf({ dev: mountPointDev, ino: mountPointIno }),
      source,
    };
  } finally {
    closeFd(fd);
  }
}

/** Links are a convenience: one that cannot be made does not keep the device from its owner. */
async function makeLinks(
  devnode: Devnode,
  order: WorkOf<"give">,
  plan: GivePlan,
  held: HeldContainer,
  begun: boolean,
): Promise<Made["links"]> {
  const { uid, gid } = order.container.root;
  const links: { path: string; inode: ReturnType<typeof inodeOf> }[] = [];
  for (const { path, to } of plan.links) {
    const directories = parents(path).map((at) => ({ op: "mkdir" as const, path: at, mode: 0o755, uid: 0, gid: 0 }));
    try {
      await makeDirectories(devnode, order, directories, held);
    } catch {
      continue;
    }
    const [made] = await executeIn(held.target, [{ op: "symlink", path, to, uid, gid }]);
    if (made.ok && (made.result.created || begun)) links.push({ path, inode: inodeOf(made.result) });
  }
  return links;
}
