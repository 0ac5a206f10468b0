import type { LogWriter } from "@udevns/bus";
import { type DeviceWork, type InjectWork, monotonicMicros, subjects, type UdevInfo } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { planTelling } from "./audience/audience.ts";
import { messageProperties, saidOf } from "./audience/said.ts";
import type { Devnode } from "./devnode.ts";
import type { Made } from "./made.ts";

/** An event on its way to the injector, behind all that were handed over before. */
export interface Telling {
  /** Resolves when it is stored, and noted. */
  readonly stored: Promise<void>;
}

/** Who began to listen since then looks at what is there after that, and finds what a `change` would tell it. */
const CHANGE_MAY_BE_OLD_MS = 10;

/**
 * How old a look at the listeners may be. Who began to listen since the node was made, or removed, has looked for devices after that;
 * before, it may have seen what was there until then.
 */
function mayBeOld({ kind, hops }: DeviceWork): number {
  switch (kind) {
    case "give":
      return 0;
    case "take":
      return hops.devnode === undefined ? 0 : (monotonicMicros() - hops.devnode) / 1000;
    case "tell":
      return CHANGE_MAY_BE_OLD_MS;
    default:
      return kind satisfies never;
  }
}

export const NOTHING_TOLD: Telling = { stored: Promise.resolve() };

/**
 * Hands an order's event to the injector, for those who listen.
 * @param made what the container has, or had, of the device
 * @returns undefined when the udevd that shall hear it is not there yet, and has not heard of the device before either
 */
export async function tell(
  context: ServiceContext,
  devnode: Devnode,
  writer: LogWriter,
  order: DeviceWork,
  made: Made | undefined,
): Promise<Telling | undefined> {
  const { container } = order;
  const held = devnode.containers.hold(container);
  const { audience, listening } = await devnode.audiences.of(container, held, mayBeOld(order));
  const planned = planTelling(audience, listening);
  const unheard = made !== undefined && made.told < 0 && !isToldByKernel(order);
  // A take of what was never told ends it where nobody listens. Else it may have been told by a life that was cut off before its note.
  if (planned === "wait" && unheard) return order.kind === "take" ? NOTHING_TOLD : undefined;
  const wanted = planned === "wait" ? (["kernel"] as const) : planned;
  // Of an interface that moves, and of its queues, the kernel tells the namespace by itself.
  const groups = isToldByKernel(order) ? wanted.filter((group) => group !== "kernel") : wanted;
  const published = groups.map((group) => {
    const work = workFor(order, made, group);
    // An event for both groups is two pieces of work, and each has its own name.
    const id = group === groups[0] ? order.id : `${order.id}/${group}`;
    return writer.publish(subjects.injectWork(context.host, container.name), { ...work, id }, id);
  });
  return { stored: Promise.all(published).then(() => noteTold(devnode, order, made)) };
}

/** Not of what is taken by now, nor of what was given again since: of that, nothing is told yet. */
function noteTold({ registry }: Devnode, { kind, container, device }: DeviceWork, made: Made | undefined): void {
  const { instance } = container;
  const { devpath, seqnum } = device;
  const now = registry.get(instance, devpath);
  if (kind === "take" || now === undefined || now.order.id !== made?.order.id || now.told >= seqnum) return;
  registry.record({ told: { instance, devpath, seqnum } });
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
