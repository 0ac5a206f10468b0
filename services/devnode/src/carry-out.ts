import { type DeviceWork, type DevnodeWork, isUdevnsError, monotonicMicros, UdevnsError } from "@udevns/protocol";
import { setGate } from "./gate/set-gate.ts";
import { give } from "./give.ts";
import { keepTaking } from "./keep-taking.ts";
import { goneOrders } from "./levels.ts";
import { renameMoved } from "./rename.ts";
import { type Done, report } from "./report.ts";
import { remove, revoke } from "./take.ts";
import { NOTHING_TOLD } from "./tell.ts";
import { shouldTell, tellInTurn } from "./tell-in-turn.ts";
import type { Workshop } from "./workshop.ts";

/** An order of which nothing is left to do in its turn. */
export interface Begun {
  /** Resolves when it is done: its event is stored. */
  readonly settled: Promise<void>;
}

export const SETTLED: Begun = { settled: Promise.resolve() };

/**
 * Carries one order out, and only then hands its uevent on: the container shall find the node when it hears of it,
 * and no longer when it hears that it is gone.
 */
export async function carryOut(workshop: Workshop, order: DevnodeWork): Promise<void> {
  await (await beginOrder(workshop, order)).settled;
}

/**
 * Orders that only tell do not wait for one another: their events are handed on in their order, and stored in it or not at all.
 * What is made or taken is what the next order finds, so that one waits until the registry says so for good.
 */
export async function beginOrder(workshop: Workshop, order: DevnodeWork): Promise<Begun> {
  switch (order.kind) {
    case "forget":
      await forget(workshop, order.container);
      return SETTLED;
    case "gate":
      await setGate(workshop, order);
      return SETTLED;
    case "tell":
      return await beginDeviceWork(workshop, order);
    case "give":
    case "take":
      await (await beginDeviceWork(workshop, order)).settled;
      return SETTLED;
    default:
      return order satisfies never;
  }
}

async function beginDeviceWork(workshop: Workshop, order: DeviceWork): Promise<Begun> {
  const { context, devnode } = workshop;
  const { container, device } = order;
  let done: Done = { outcome: "failed", holders: [] };
  let error: UdevnsError | undefined;
  const before = devnode.registry.get(container.instance, device.devpath);
  try {
    done = await step(workshop, order);
  } catch (cause) {
    error = isUdevnsError(cause)
      ? cause
      : new UdevnsError("UDEVNS_E_NODE_FS", { name: container.name, detail: String(cause) }, { cause });
    done = { outcome: error.code === "UDEVNS_E_NODE_FS" ? "failed" : "refused", holders: [] };
    if (order.kind === "take" && before !== undefined && error.code !== "UDEVNS_E_CONTAINER_GONE") {
      keepTaking(workshop, order, before, error);
      return SETTLED;
    }
    sayError(workshop, order, error);
    // A give that could not be undone either.
    workshop.retakes.follow(container.instance, device.devpath);
  }
  order.hops.devnode = monotonicMicros();
  const made = order.kind === "take" ? before : devnode.registry.get(container.instance, device.devpath);
  const { stored } = shouldTell(order, made, error) ? await tellInTurn(workshop, order, made) : NOTHING_TOLD;
  // A kernel that loses a device says so before it hangs up whoever has it open (evdev_disconnect, drivers/input/evdev.c).
  const isTaken = order.kind === "take" && made !== undefined && done.outcome === "done";
  const finish = (holders: Done["holders"]) => {
    context.counters.add(`orders_${order.kind}_${done.outcome}`);
    workshop.holders.note(order, holders);
    // Only now: a life that was cut off before must find again that `remove` is still to be told.
    if (order.kind === "take" && before !== undefined) {
      devnode.registry.record({ unmade: { instance: before.instance, devpath: before.devpath } });
      workshop.retakes.follow(before.instance, before.devpath);
    }
    report(workshop, order, { ...done, holders }, error);
    workshop.waiting.release();
  };
  const revoking = isTaken ? revoke(made) : Promise.resolve(done.holders);
  const settled = Promise.allSettled([revoking, stored]).then(([revoked, told]) => {
    if (told.status === "rejected") throw told.reason;
    if (revoked.status === "fulfilled") return finish(revoked.value);
    const { reason } = revoked;
    if (order.kind !== "take" || before === undefined || !isUdevnsError(reason, "UDEVNS_E_NODE_FS")) throw reason;
    // Its event is stored by now.
    keepTaking(workshop, order, before, reason, "heard");
  });
  return { settled };
}

/** That a container has ended is said once, however many devices it had. */
function sayError(
  { context, ended }: Workshop,
  { container, device }: DeviceWork,
  { code, message }: UdevnsError,
): void {
  const isNews = code !== "UDEVNS_E_CONTAINER_GONE" || ended.isNews(container.instance);
  context.log[isNews ? "warn" : "debug"]({ code, container: container.name, devpath: device.devpath }, message);
}

async function step({ devnode }: Workshop, order: DeviceWork): Promise<Done> {
  const { container, device } = order;
  switch (order.kind) {
    case "give": {
      return await give(devnode, order, await devnode.audiences.who(container, devnode.containers.hold(container)));
    }
    case "take":
      return { outcome: await remove(devnode, container, device.devpath), holders: [] };
    case "tell":
      renameMoved(devnode, order);
      return { outcome: "done", holders: [] };
    default:
      return order satisfies never;
  }
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
