import type { ContainerRecord, DeviceRecord, NodeSpec } from "@udevns/protocol";
import type { NodeSettings } from "./compile-give.ts";
import { defaultGroup } from "./groups.ts";
import { isNodePath } from "./node-path.ts";

/** One device for one container. Without `node` it has none on the host either: only its events travel. */
export interface DeviceGift {
  readonly container: ContainerRecord;
  readonly device: DeviceRecord;
  readonly node?: NodeSpec;
}

/** A device that is never given, because of the name that its node would get. */
export interface Refusal {
  readonly device: DeviceRecord;
  readonly code: "UDEVNS_E_NODE_PATH";
  readonly path: string;
}

export function nodeFor(device: DeviceRecord, settings: NodeSettings): NodeSpec | Refusal | undefined {
  const { devnum, devname } = device;
  if (devnum === undefined || devname === undefined) return undefined;
  if (!isNodePath(devname)) return { device, code: "UDEVNS_E_NODE_PATH", path: devname };
  return {
    path: devname,
    devnum,
    mode: settings.mode ?? 0o660,
    owner: settings.owner ?? 0,
    group: settings.group ?? defaultGroup(device),
    links: [],
    access: settings.access ?? "rw",
  };
}
