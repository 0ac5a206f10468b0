import {
  type ContainerTarget,
  type DeviceRecord,
  type DevnodeWork,
  deviceKey,
  type GateWish,
  type Grant,
  type Hops,
  type OutgoingUevent,
  type UeventMessage,
} from "@udevns/protocol";

/** What led to an order; names it, so that the same cause makes the same order in another life of policy. */
export interface Cause {
  readonly id: string;
  readonly host: string;
  readonly boot: string;
  readonly hops: Hops;
  /** The uevent, where one is the cause. */
  readonly event?: UeventMessage;
}

const common = (cause: Cause, container: ContainerTarget, what: string) => ({
  v: 1 as const,
  id: `${cause.id}/${what}/${container.instance}`,
  host: cause.host,
  boot: cause.boot,
  container,
  hops: cause.hops,
});

export const give = (cause: Cause, grant: Grant): DevnodeWork => ({
  ...common(cause, grant.container, `give-${deviceKey(grant.device.devpath)}`),
  kind: "give",
  device: grant.device,
  unit: grant.unit,
  by: grant.by,
  share: grant.share,
  ...(grant.node === undefined ? {} : { node: grant.node }),
  uevent: ueventFor(cause, grant.device, "add"),
});

export const take = (cause: Cause, grant: Grant): DevnodeWork => ({
  ...common(cause, grant.container, `take-${deviceKey(grant.device.devpath)}`),
  kind: "take",
  device: grant.device,
  uevent: ueventFor(cause, grant.device, "remove"),
});

export const tell = (
  cause: Cause,
  container: ContainerTarget,
  device: DeviceRecord,
  event: UeventMessage,
): DevnodeWork => ({
  ...common(cause, container, `tell-${deviceKey(device.devpath)}`),
  kind: "tell",
  device,
  uevent: { action: event.action, devpath: event.devpath, properties: event.properties },
});

export const gate = (cause: Cause, container: ContainerTarget, wish: GateWish): DevnodeWork => ({
  ...common(cause, container, `gate-${wish}`),
  kind: "gate",
  wish,
});

export const forget = (cause: Cause, container: ContainerTarget): DevnodeWork => ({
  ...common(cause, container, "forget"),
  kind: "forget",
});

/** The kernel's own event where it is the cause; else the one that the kernel would have sent. */
function ueventFor({ event }: Cause, device: DeviceRecord, action: "add" | "remove"): OutgoingUevent {
  if (event?.source === "kernel" && event.action === action && event.devpath === device.devpath) {
    return { action, devpath: event.devpath, properties: event.properties };
  }
  const { devpath, subsystem, properties } = device;
  return { action, devpath, properties: { ACTION: action, DEVPATH: devpath, SUBSYSTEM: subsystem, ...properties } };
}
