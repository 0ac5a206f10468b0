import type { Operation } from "@udevns/native";
import { type NodeSpec, UdevnsError } from "@udevns/protocol";
import type { Look } from "./look.ts";
import { devPath, relativeLink } from "./node-path.ts";

export interface GiveFacts {
  readonly containerName: string;
  readonly userNamespaced: boolean;
  /** st_dev of the host's own /dev. */
  readonly hostDev: bigint;
  readonly look: Look;
}

/** How to give a node: the steps in the container before it, how it gets there, and the steps after it. */
export interface GivePlan {
  readonly directories: readonly Operation<"mkdir">[];
  readonly node: "mknod" | "bind" | "found";
  readonly path: string;
  readonly links: readonly { readonly path: string; readonly to: string }[];
}

/**
 * Works out what is missing between what is there and the node that shall be.
 * @throws UDEVNS_E_NODE_HOST_DEV, UDEVNS_E_NODE_EXISTS, UDEVNS_E_NODE_FS, UDEVNS_E_NODE_PATH
 */
export function planGive(spec: NodeSpec, facts: GiveFacts): GivePlan {
  const { look, containerName: name, hostDev } = facts;
  const path = devPath(spec.path);
  const above = [{ path: "dev", stat: look.dev }, ...look.parents];
  for (const { stat } of above) {
    if (stat.exists && stat.dev === hostDev) throw new UdevnsError("UDEVNS_E_NODE_HOST_DEV", { name });
  }
  const links = spec.links.map((link) => ({ path: devPath(link), to: relativeLink(devPath(link), path) }));
  if (look.node.exists) return { directories: [], node: planExisting(spec, facts, path), path, links };
  for (const { path: at, stat } of look.parents) {
    if (stat.exists && stat.kind !== "dir")
      throw new UdevnsError("UDEVNS_E_NODE_EXISTS", { name, path: `/${at}`, kind: stat.kind });
  }
  const nearest = above.filter(({ stat }) => stat.exists).at(-1)?.stat;
  const mount = nearest?.exists ? nearest.mount : look.dev.mount;
  if (mount.readOnly) throw new UdevnsError("UDEVNS_E_NODE_FS", { name, detail: "it is mounted read-only" });
  const missing = look.parents.filter(({ stat }) => !stat.exists);
  return {
    directories: missing.map(({ path: at }) => ({ op: "mkdir", path: at, mode: 0o755, uid: 0, gid: 0 })),
    // A file system that was mounted in a user namespace opens no nodes (SB_I_NODEV), whatever is made on it.
    node: facts.userNamespaced || mount.noDev ? "bind" : "mknod",
    path,
    links,
  };
}

/** The container had it before, and it is not ours to remove. */
function planExisting(spec: NodeSpec, { look: { node }, containerName: name }: GiveFacts, path: string): "found" {
  const kind = spec.devnum.type === "c" ? "char" : "block";
  if (!node.exists) throw new Error("unreachable");
  if (node.kind !== kind || node.rdev.major !== spec.devnum.major || node.rdev.minor !== spec.devnum.minor) {
    throw new UdevnsError("UDEVNS_E_NODE_EXISTS", { name, path: `/${path}`, kind: node.kind });
  }
  return "found";
}
