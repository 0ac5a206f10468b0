import {
  type DeviceWork,
  type DevnodeWork,
  isUdevnsError,
  monotonicMicros,
  UdevnsError,
  type WorkOf,
} from "@udevns/protocol";
import { setGate } from "./gate/set-gate.ts";
import { give } from "./give.ts";
import { goneOrders, toldNow } from "./levels.ts";
import { visitError } from "./look.ts";
import type { Made } from "./made.ts";
import { renameMoved } from "./rename.ts";
import { type Done, report } from "./report.ts";
import { take } from "./take.ts";
import { tell } from "./tell.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Carries one order out, and only then hands its uevent on: the container shall find the node when it hears of it,
 * and no longer when it hears that it is gone.
 */
export async function carryOut(workshop: Workshop, order: DevnodeWork): Promise<void> {
  const { context, devnode } = workshop;
  if (order.kind === "forget") return await forget(workshop, order.container);
  if (order.kind === "gate") return await setGate(workshop, order);
  const { counters, log } = context;
  let done: Done = { outcome: "failed", holders: [] };
  let error: UdevnsError | undefined;
  const before = devnode.registry.get(order.container.instance, order.device.devpath);
  try {
    done = await step(workshop, order);
  } catch (cause) {
    error = isUdevnsError(cause)
      ? cause
      : new UdevnsError("UDEVNS_E_NODE_FS", { name: order.container.name, detail: String(cause) }, { cause });
    done = { outcome: error.code === "UDEVNS_E_NODE_FS" ? "failed" : "refused", holders: [] };
    if (order.kind === "take" && before !== undefined && error.code !== "UDEVNS_E_CONTAINER_GONE") {
      keepTaking(workshop, order, before, error);
      return;
    }
    const isNews = error.code !== "UDEVNS_E_CONTAINER_GONE" || workshop.ended.isNews(order.container.instance);
    log[isNews ? "warn" : "debug"](
      { code: error.code, container: order.container.name, devpath: order.device.devpath },
      error.message,
    );
    // A give that could not be undone either.
    workshop.retakes.follow(order.container.instance, order.device.devpath);
  }
  counters.add(`orders_${order.kind}_${done.outcome}`);
  workshop.holders.note(order, done.holders);
  order.hops.devnode = monotonicMicros();
  const made = order.kind === "take" ? before : devnode.registry.get(order.container.instance, order.device.devpath);
  if (shouldTell(order, made, error)) await tellInTurn(workshop, order, made);
  // Only now: a life that was cut off before must find again that `remove` is still to be told.
  if (order.kind === "take" && before !== undefined) {
    devnode.registry.record({ unmade: { instance: before.instance, devpath: before.devpath } });
    workshop.retakes.follow(before.instance, before.devpath);
  }
  report(workshop, order, done, error);
  workshop.waiting.release();
}

/**
 * The container still has what it shall not have any more: it is told nothing, nobody else gets the device, and the take is tried
 * again until it succeeds or the container ends. The queue goes on meanwhile (ADR 6).
 */
function keepTaking(workshop: Workshop, order: WorkOf<"take">, before: Made, error: UdevnsError): void {
  const { context, devnode, retakes } = workshop;
  const { instance, devpath } = before;
  devnode.registry.record({ made: { ...before, state: "taking", take: order } });
  retakes.follow(instance, devpath);
  // Said once: what comes of each further try is the same until it is another.
  if (before.state === "taking") {
    context.counters.add("takes_tried_again");
    return;
  }
  context.counters.add("orders_take_failed");
  context.log.warn({ code: error.code, container: order.container.name, devpath }, error.message);
  report(workshop, order, { outcome: "failed", holders: [] }, error);
}

async function step({ devnode }: Workshop, order: DeviceWork): Promise<Done> {
  const { container, device } = order;
  switch (order.kind) {
    case "give": {
      const { audience } = await devnode.audiences.of(container, devnode.containers.hold(container));
      return await give(devnode, order, audience);
    }
    case "take":
      return await take(devnode, container, device.devpath);
    case "tell":
      renameMoved(devnode, order);
      return { outcome: "done", holders: [] };
    default:
      return order satisfies never;
  }
}

/** An event travels once, and only to a container that has, or just had, its device: a refused one was never heard of. */
function shouldTell(order: DeviceWork, made: Made | undefined, error: UdevnsError | undefined): boolean {
  if (made === undefined) return false;
  switch (order.kind) {
    case "take":
      return error?.code !== "UDEVNS_E_CONTAINER_GONE" && !isUnheardOf(made);
    case "give":
      // Policy may give again what is given, with a device that has changed since; it is no new device for that.
      return error === undefined && made.told < 0;
    case "tell":
      return error === undefined && made.state !== "taking" && made.told < order.device.seqnum;
    default:
      return order satisfies never;
  }
}

/** It was being given when that was cut off, or failed. One that was made may have been told of by a life that was cut off before its note. */
const isUnheardOf = (made: Made): boolean =>
  made.told < 0 && (made.state === "making" || (made.state === "taking" && made.unheard === true));

/** Behind what the container has not heard of yet: a parent's `add` comes before its child's. */
async function tellInTurn(workshop: Workshop, order: DeviceWork, made: Made | undefined): Promise<void> {
  const { context, devnode, writer, coldplug } = workshop;
  const { instance } = order.container;
  if (coldplug.has(instance) && order.kind !== "take" && (made?.told ?? -1) < 0) return;
  try {
    if (!(await tell(context, devnode, writer, order, made))) coldplug.wait(instance);
  } catch (cause) {
    const error = visitError(order.container, cause);
    // Its end has come between the step and the word; whoever comes next in there hears of nothing that was here.
    if (isUdevnsError(error, "UDEVNS_E_CONTAINER_GONE") || (cause as { code?: unknown }).code === "ENOENT") return;
    if (!isUdevnsError(error)) throw error;
    // Its file system answers nobody. That is its own harm and no other container's: what it has not heard of is told when it does.
    context.counters.add("tells_failed");
    context.log.warn({ code: error.code, container: order.container.name }, error.message);
    coldplug.wait(instance);
  }
}

/** Tells a container of all that it has and has not heard of, in the order in which it got it. */
export async function tellUnheard(workshop: Workshop, instance: string): Promise<void> {
  for (const made of toldNow(workshop.devnode.registry.of(instance))) await tellInTurn(workshop, made.order, made);
}

/** A container that is gone took everything with it; one that lives on, and is only no longer ours, gives everything back. */
async function forget(workshop: Workshop, { instance }: DevnodeWork["container"]): Promise<void> {
  const { devnode, gates, waiting } = workshop;
  await gates.forget(instance);
  const made = devnode.registry.of(instance);
  const [first] = made;
  if (first !== undefined && devnode.containers.isAlive(first.order.container))
    for (const order of goneOrders(made)) await carryOut(workshop, order);
  // What it could not be made to give back is still tried for; its end, or the last of these, ends that.
  if (devnode.registry.of(instance).some(({ state }) => state === "taking")) return;
  devnode.containers.release(instance);
  devnode.forget(instance);
  waiting.release();
}
