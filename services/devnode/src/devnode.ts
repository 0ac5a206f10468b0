import { executeIn } from "@udevns/native";
import type { ContainerTarget } from "@udevns/protocol";
import type { Audiences } from "./audience/audiences.ts";
import type { HeldContainers } from "./containers.ts";
import type { HostNodes } from "./host-nodes.ts";
import { Looks } from "./looks.ts";
import { expectInode } from "./made.ts";
import type { Permissions } from "./permission/permissions.ts";
import type { Registry } from "./registry.ts";

/** The things that every verb of this service works on. */
export class Devnode {
  readonly registry: Registry;
  readonly containers: HeldContainers;
  readonly hostNodes: HostNodes;
  readonly permissions: Permissions;
  readonly audiences: Audiences;
  readonly looks = new Looks();

  constructor(parts: Pick<Devnode, "registry" | "containers" | "hostNodes" | "permissions" | "audiences">) {
    this.registry = parts.registry;
    this.containers = parts.containers;
    this.hostNodes = parts.hostNodes;
    this.permissions = parts.permissions;
    this.audiences = parts.audiences;
  }

  /** Removes the directories that we made in a container and that hold nothing any more. */
  async removeEmptyDirectories(container: ContainerTarget): Promise<void> {
    const directories = this.registry.directories(container.instance);
    if (directories.length === 0) return;
    const { target } = this.containers.hold(container);
    const steps = directories.map(({ path, inode }) => ({ op: "rmdir" as const, path, expect: expectInode(inode) }));
    const outcomes = await executeIn(target, steps);
    for (const [index, outcome] of outcomes.entries()) {
      const path = directories[index]?.path as string;
      if (outcome.ok && outcome.result.found !== "notEmpty") {
        this.registry.record({ noDirectory: { instance: container.instance, path } });
      }
    }
  }

  /** The container is gone, and with it all that was in it; what the host kept for it goes too. */
  forget(instance: string): void {
    this.hostNodes.forget(instance);
    this.permissions.forget(instance);
    this.audiences.forget(instance);
    this.looks.forget(instance);
    this.registry.record({ forgotten: instance });
  }
}
