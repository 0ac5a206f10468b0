import { basename, dirname } from "node:path";
import type { CgroupMembership } from "@udevns/native";
import type { ContainerTarget } from "@udevns/protocol";
import type { Hierarchies } from "./hierarchies.ts";
import { levelsDown, ownCgroup } from "./own-cgroup.ts";

/** A place where the kernel may refuse the container a device. Each must let it through. */
export type FencePlan =
  | { readonly kind: "v1"; readonly cgroup: string; readonly directory: string; readonly named: boolean }
  | { readonly kind: "v2"; readonly cgroup: string; readonly directory: string; readonly named: boolean }
  /** LXC's monitor holds the program of v2 itself, and is asked to change it. */
  | { readonly kind: "lxc"; readonly name: string; readonly lxcPath: string; readonly directory: string };

/**
 * Works out which cgroups fence a container in. The root of a hierarchy limits nobody and is never touched; so a container whose
 * runtime uses the one hierarchy has no fence in the other.
 */
export function planFences(
  container: ContainerTarget,
  memberships: readonly CgroupMembership[],
  mounted: Hierarchies,
): FencePlan[] {
  return memberships.flatMap(({ controllers, path }): FencePlan[] => {
    const kind = controllers.length === 0 ? "v2" : controllers.includes("devices") ? "v1" : undefined;
    const mount = kind === undefined ? undefined : mounted[kind];
    const own = ownCgroup(path, container);
    if (kind === undefined || mount === undefined || own === undefined) return [];
    if (kind === "v2" && container.runtime === "lxc" && container.id !== undefined) {
      const { id } = container;
      return [{ kind: "lxc", name: basename(id), lxcPath: dirname(id), directory: `${mount}${own.path}` }];
    }
    return levelsDown(own.path, path).map((cgroup) => ({
      kind,
      cgroup,
      directory: `${mount}${cgroup}`,
      named: own.named,
    }));
  });
}
