import { type LogWriter, say } from "@udevns/bus";
import {
  type DevnodeWork,
  type InjectWork,
  isUdevnsError,
  monotonicMicros,
  subjects,
  UdevnsError,
  type WorkResult,
} from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import type { Devnode } from "./devnode.ts";
import { give } from "./give.ts";
import { take } from "./take.ts";

type WithDevice = Exclude<DevnodeWork, { kind: "forget" }>;

/**
 * Carries one order out, and only then hands its uevent on: the container shall find the node when it hears of it,
 * and no longer when it hears that it is gone.
 */
export async function carryOut(
  context: ServiceContext,
  devnode: Devnode,
  writer: LogWriter,
  order: DevnodeWork,
): Promise<void> {
  if (order.kind === "forget") {
    devnode.containers.release(order.container.instance);
    devnode.forget(order.container.instance);
    return;
  }
  const { counters, log } = context;
  let outcome: WorkResult["outcome"] = "failed";
  let error: UdevnsError | undefined;
  try {
    outcome = await step(devnode, order);
  } catch (cause) {
    error = isUdevnsError(cause)
      ? cause
      : new UdevnsError("UDEVNS_E_NODE_FS", { name: order.container.name, detail: String(cause) }, { cause });
    outcome = error.code === "UDEVNS_E_NODE_FS" ? "failed" : "refused";
    log.warn({ code: error.code, container: order.container.name, devpath: order.device.devpath }, error.message);
  }
  counters.add(`orders_${order.kind}_${outcome}`);
  order.hops.devnode = monotonicMicros();
  if (await shouldTell(devnode, order, error)) await hand(context, devnode, writer, order);
  report(context, order, outcome, error);
}

async function step(devnode: Devnode, order: WithDevice): Promise<"done" | "already"> {
  switch (order.kind) {
    case "give":
      return await give(devnode, order);
    case "take":
      return await take(devnode, order.container, order.device.devpath);
    case "tell":
      return "done";
    default:
      return order satisfies never;
  }
}

/** An event travels once, and only to a container that has, or just had, its device. */
async function shouldTell(devnode: Devnode, order: WithDevice, error: UdevnsError | undefined): Promise<boolean> {
  if (error !== undefined) return order.kind === "take" && error.code !== "UDEVNS_E_CONTAINER_GONE";
  const made = devnode.registry.get(order.container.instance, order.device.devpath);
  switch (order.kind) {
    case "give":
      return made !== undefined && made.told < order.device.seqnum;
    case "tell":
      return made !== undefined && made.told < order.device.seqnum;
    case "take":
      return true;
    default:
      return order satisfies never;
  }
}

async function hand(context: ServiceContext, devnode: Devnode, writer: LogWriter, order: WithDevice): Promise<void> {
  const { host, boot, container, id, hops, device } = order;
  const work: InjectWork = {
    v: 1,
    id,
    host,
    boot,
    container,
    hops,
    subsystem: device.subsystem,
    uevent: withNodeName(order),
    audience: { kind: "kernel" },
  };
  await writer.publish(subjects.injectWork(context.host, container.name), work, id);
  const made = devnode.registry.get(container.instance, device.devpath);
  if (made !== undefined) devnode.registry.record({ made: { ...made, told: device.seqnum } });
}

/** Where the node has another name in the container, its event says that name. */
function withNodeName(order: WithDevice): InjectWork["uevent"] {
  if (order.kind !== "give" || order.node === undefined || order.node.path === order.device.devname)
    return order.uevent;
  return { ...order.uevent, properties: { ...order.uevent.properties, DEVNAME: order.node.path } };
}

function report(
  { bus, host }: ServiceContext,
  order: WithDevice,
  outcome: WorkResult["outcome"],
  error: UdevnsError | undefined,
): void {
  const result: WorkResult = {
    v: 1,
    id: order.id,
    host,
    container: order.container.name,
    role: "devnode",
    outcome,
    action: order.uevent.action,
    devpath: order.device.devpath,
    subsystem: order.device.subsystem,
    ...(order.kind === "give" && order.node !== undefined ? { node: `/dev/${order.node.path}` } : {}),
    ...(error === undefined ? {} : { error: error.report() }),
    hops: order.hops,
  };
  say(bus, subjects.result(host, order.container.name, "devnode"), result);
}
