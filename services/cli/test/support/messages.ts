import { containerFromSketch } from "@udevns/policy";
import {
  type ContainerEvent,
  type DecisionRecord,
  type DeviceRecord,
  type DevnodeWork,
  type InjectWork,
  targetOf,
  type UeventMessage,
  type WorkResult,
} from "@udevns/protocol";

/** One message of each kind, about one device that goes to one container. */
export const DEVPATH = "/devices/virtual/block/zram0";
const web = containerFromSketch({ name: "web" }, "lab");
const properties = { ACTION: "add", DEVPATH };
const uevent = { action: "add", devpath: DEVPATH, properties };
const common = { v: 1 as const, id: "lab:b0:7/x", host: "lab", boot: "b0", container: targetOf(web), hops: {} };

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

export const heard: UeventMessage = {
  ...uevent,
  v: 1,
  id: "lab:b0:7",
  host: "lab",
  boot: "b0",
  source: "kernel",
  subsystem: "block",
  seqnum: 7,
  attributes: {},
  hops: {},
};
export const decision: DecisionRecord = {
  v: 1,
  host: "lab",
  at: "1970-01-01T00:00:00.000Z",
  cause: "lab:b0:7",
  unit: DEVPATH,
  identity: "v1:0",
  verdict: "owned",
  containers: ["web"],
  text: "zram0 goes to web by rule disks",
};
export const order: DevnodeWork = { ...common, kind: "take", device: device(DEVPATH), uevent };
export const farewell: DevnodeWork = { ...common, kind: "forget" };
export const injection: InjectWork = { ...common, subsystem: "block", uevent, audience: { kind: "kernel" } };
export const result = (of: Partial<WorkResult> = {}): WorkResult => ({
  v: 1,
  id: common.id,
  host: "lab",
  container: "web",
  role: "devnode",
  outcome: "done",
  action: "add",
  devpath: DEVPATH,
  subsystem: "block",
  hops: {},
  ...of,
});
export const containerEvent: ContainerEvent = { v: 1, host: "lab", event: "start", container: { ...web, pid: 42 } };
