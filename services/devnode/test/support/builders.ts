import type { ContainerTarget, DeviceRecord, NodeSpec, UeventMessage, WorkOf } from "@udevns/protocol";
import type { Made, Taking } from "../../src/made.ts";

export const target = (name = "web"): ContainerTarget => ({
  name,
  instance: `b0:${name}`,
  pid: 100,
  startTime: "1",
  namespaces: { net: "1", mnt: "2", user: "3" },
  userNamespaced: false,
  root: { uid: 0, gid: 0 },
});

export const device = (devpath: string, of: Partial<DeviceRecord> = {}): DeviceRecord => ({
  v: 1,
  host: "lab",
  boot: "b0",
  devpath,
  subsystem: "block",
  seqnum: 7,
  properties: {},
  attributes: {},
  ...of,
});

export const nodeSpec = (path: string, of: Partial<NodeSpec> = {}): NodeSpec => ({
  path,
  devnum: { type: "b", major: 8, minor: 0 },
  mode: 0o660,
  owner: 0,
  group: 0,
  links: [],
  access: "rw",
  ...of,
});

export const giveOrder = (devpath: string, of: Partial<WorkOf<"give">> = {}): WorkOf<"give"> => ({
  v: 1,
  id: `lab:b0:7/give-${devpath}`,
  host: "lab",
  boot: "b0",
  container: target(),
  hops: {},
  kind: "give",
  device: device(devpath),
  unit: devpath,
  by: { kind: "rule", rule: "r" },
  share: false,
  uevent: { action: "add", devpath, properties: { ACTION: "add", DEVPATH: devpath, SUBSYSTEM: "block" } },
  ...of,
});

/** What the registry says of a device that was made and told of. */
export const made = (devpath: string, of: Partial<Exclude<Made, Taking>> = {}): Exclude<Made, Taking> => ({
  instance: target().instance,
  devpath,
  state: "made",
  spec: "null",
  links: [],
  order: giveOrder(devpath),
  told: 7,
  ...of,
});

/** The order that policy makes of the kernel's `move`. */
export const moveOrder = (from: string, to: string, more: Partial<UeventMessage> = {}): WorkOf<"tell"> => ({
  v: 1,
  id: "lab:b0:9/tell",
  host: "lab",
  boot: "b0",
  container: target(),
  hops: {},
  kind: "tell",
  device: device(to, { seqnum: 9, properties: { INDEX: "3" } }),
  uevent: {
    action: more.action ?? "move",
    devpath: to,
    properties: { ACTION: "move", DEVPATH: to, DEVPATH_OLD: from, INDEX: "3" },
  },
});

/** What the registry says of a device whose take failed. */
export const taking = (devpath: string, of: Partial<Exclude<Made, Taking>> = {}): Taking => {
  const { v, id, host, boot, container, hops, device: record, uevent } = giveOrder(devpath);
  const take = { v, id: `${id}/take`, host, boot, container, hops, kind: "take" as const, device: record, uevent };
  return { ...made(devpath, of), state: "taking", take };
};
