import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostNamespaces, readProcess } from "@udevns/native";
import { type ContainerTarget, type DeviceRecord, isUdevnsError, type NodeSpec, targetOf } from "@udevns/protocol";
import type { Audience } from "../../../services/devnode/src/audience/audience.ts";
import { Audiences } from "../../../services/devnode/src/audience/audiences.ts";
import { HeldContainers } from "../../../services/devnode/src/containers.ts";
import { Devnode } from "../../../services/devnode/src/devnode.ts";
import { give } from "../../../services/devnode/src/give.ts";
import { HostNodes } from "../../../services/devnode/src/host-nodes.ts";
import { Permissions } from "../../../services/devnode/src/permission/permissions.ts";
import { Registry } from "../../../services/devnode/src/registry.ts";
import { take } from "../../../services/devnode/src/take.ts";
import { device, giveOrder, nodeSpec } from "../../../services/devnode/test/support/builders.ts";
import { recognise } from "../../../services/inventory/src/recognise.ts";
import { cleanUp } from "../../support/stack.ts";
import type { Throwaway } from "../../support/throwaway.ts";

/** A device that everybody may read from, so that nothing of this machine is at stake: /dev/zero. */
export const ZERO: DeviceRecord = device("/devices/virtual/mem/zero", {
  subsystem: "mem",
  devname: "zero",
  devnum: { type: "c", major: 1, minor: 5 },
});

export const zeroAt = (path: string, of: Partial<NodeSpec> = {}): NodeSpec =>
  nodeSpec(path, { devnum: { type: "c", major: 1, minor: 5 }, ...of });

export interface GiveOptions {
  readonly device?: DeviceRecord;
  readonly audience?: Audience;
}

/** devnode's own verbs without a bus: what an order to the service ends in. */
export interface Workbench {
  readonly devnode: Devnode;
  readonly directory: string;
  /** @returns the outcome, or the code of the error that refused it */
  give(container: ContainerTarget, node: NodeSpec | undefined, options?: GiveOptions): Promise<string>;
  take(container: ContainerTarget, devpath?: string): Promise<string>;
  close(): Promise<void>;
}

/** @param directory one that an earlier workbench has left, as a devnode that starts again finds it */
export function openWorkbench(directory = mkdtempSync(join(tmpdir(), "udevns-hostile-"))): Workbench {
  const containers = new HeldContainers((instance) => devnode.forget(instance));
  const devnode: Devnode = new Devnode({
    registry: new Registry(join(directory, "registry")),
    containers,
    hostNodes: new HostNodes(join(directory, "nodes")),
    permissions: new Permissions((container) => containers.isAlive(container)),
    audiences: new Audiences(),
  });
  return {
    devnode,
    directory,
    give: (container, node, { device: record = ZERO, audience = "udevd" } = {}) =>
      outcome(async () => {
        const order = giveOrder(record.devpath, { container, device: record });
        return (await give(devnode, { ...order, ...(node === undefined ? {} : { node }) }, audience)).outcome;
      }),
    take: (container, devpath = ZERO.devpath) =>
      outcome(async () => {
        const { outcome: of } = await take(devnode, container, devpath);
        devnode.registry.record({ unmade: { instance: container.instance, devpath } });
        return of;
      }),
    close: async () => {
      devnode.containers.close();
      devnode.hostNodes.close();
      await cleanUp(directory);
    },
  };
}

/** The container as inventory would describe it. */
export function targetFor({ name, pid }: Pick<Throwaway, "name" | "pid">): ContainerTarget {
  const about = { name, host: "lab", boot: "b0", runtime: "process" as const, labels: {}, since: new Date() };
  return targetOf(recognise(readProcess(pid), hostNamespaces(), about));
}

async function outcome(run: () => Promise<string>): Promise<string> {
  try {
    return await run();
  } catch (error) {
    // What carryOut makes of the rest: a container that is too slow to answer, mostly.
    return isUdevnsError(error) ? error.code : "UDEVNS_E_NODE_FS";
  }
}
