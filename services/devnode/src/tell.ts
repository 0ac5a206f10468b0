import type { LogWriter } from "@udevns/bus";
import { type DeviceWork, type InjectWork, subjects, type UdevInfo } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { planTelling } from "./audience/audience.ts";
import { messageProperties, saidOf } from "./audience/said.ts";
import type { Devnode } from "./devnode.ts";
import type { Made } from "./made.ts";

/**
 * Hands an order's event to the injector, for those who listen.
 * @param made what the container has, or had, of the device
 * @returns false when the udevd that shall hear it is not there yet, and has not heard of the device before either
 */
export async function tell(
  context: ServiceContext,
  devnode: Devnode,
  writer: LogWriter,
  order: DeviceWork,
  made: Made | undefined,
): Promise<boolean> {
  const { container, device } = order;
  const { audience, listening } = await devnode.audiences.of(container, devnode.containers.hold(container));
  const planned = planTelling(audience, listening);
  const unheard = made !== undefined && made.told < 0 && !isToldByKernel(order);
  // A take of what was never told ends it where nobody listens. Else it may have been told by a life that was cut off before its note.
  if (planned === "wait" && unheard) return order.kind === "take";
  const wanted = planned === "wait" ? (["kernel"] as const) : planned;
  // Of an interface that moves, and of its queues, the kernel tells the namespace by itself.
  const groups = isToldByKernel(order) ? wanted.filter((group) => group !== "kernel") : wanted;
  for (const group of groups) {
    const work = workFor(order, made, group);
    // An event for both groups is two pieces of work, and each has its own name.
    const id = group === groups[0] ? order.id : `${order.id}/${group}`;
    await writer.publish(subjects.injectWork(context.host, container.name), { ...work, id }, id);
  }
  const now = devnode.registry.get(container.instance, device.devpath);
  if (now !== undefined) devnode.registry.record({ made: { ...now, told: device.seqnum } });
  return true;
}

const isToldByKernel = ({ device }: DeviceWork): boolean => device.subsystem === "net" || device.subsystem === "queues";

function workFor(order: DeviceWork, made: Made | undefined, group: "kernel" | "udev"): InjectWork {
  const { v, id, host, boot, container, hops, device, uevent } = order;
  const node = (order.kind === "give" ? order : made?.order)?.node?.path ?? device.devname;
  const common = { v, id, host, boot, container, hops, subsystem: device.subsystem };
  if (group === "kernel")
    return { ...common, uevent: withNodeName(uevent, device, node), audience: { kind: "kernel" } };
  const info: UdevInfo = made?.udev?.info ?? saidOf(device);
  const properties = messageProperties(device, info, uevent.action, node);
  return { ...common, uevent, audience: { kind: "udev", properties, tags: info.tags } };
}

/** Where the node has another name in the container, its event says that name. */
function withNodeName(
  uevent: InjectWork["uevent"],
  device: DeviceWork["device"],
  node: string | undefined,
): InjectWork["uevent"] {
  if (node === undefined || node === device.devname) return uevent;
  return { ...uevent, properties: { ...uevent.properties, DEVNAME: node } };
}
