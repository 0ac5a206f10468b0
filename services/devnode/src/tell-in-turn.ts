import { type DeviceWork, isUdevnsError, type UdevnsError } from "@udevns/protocol";
import { toldNow } from "./levels.ts";
import { visitError } from "./look.ts";
import type { Made } from "./made.ts";
import { NOTHING_TOLD, type Telling, tell } from "./tell.ts";
import type { Workshop } from "./workshop.ts";

/** An event travels once, and only to a container that has, or just had, its device: a refused one was never heard of. */
export function shouldTell(order: DeviceWork, made: Made | undefined, error: UdevnsError | undefined): boolean {
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
export const isUnheardOf = (made: Made): boolean =>
  made.told < 0 && (made.state === "making" || (made.state === "taking" && made.unheard === true));

/** Behind what the container has not heard of yet: a parent's `add` comes before its child's. */
export async function tellInTurn(workshop: Workshop, order: DeviceWork, made: Made | undefined): Promise<Telling> {
  const { context, devnode, writer, coldplug } = workshop;
  const { instance } = order.container;
  if (coldplug.has(instance) && order.kind !== "take" && (made?.told ?? -1) < 0) return NOTHING_TOLD;
  try {
    const telling = await tell(context, devnode, writer, order, made);
    if (telling !== undefined) return { stored: telling.stored.catch((cause) => untold(workshop, order, cause)) };
    coldplug.wait(instance);
  } catch (cause) {
    untold(workshop, order, cause);
  }
  return NOTHING_TOLD;
}

/** @throws what is no harm of the container's own: what the bus refuses, this service must not take for told */
function untold({ context, coldplug }: Workshop, { container }: DeviceWork, cause: unknown): void {
  const error = visitError(container, cause);
  // Its end has come between the step and the word; whoever comes next in there hears of nothing that was here.
  if (isUdevnsError(error, "UDEVNS_E_CONTAINER_GONE") || (cause as { code?: unknown }).code === "ENOENT") return;
  const isUnfit = isUdevnsError(error, "UDEVNS_E_BUS_UNFIT");
  if (!isUnfit && !isUdevnsError(error, "UDEVNS_E_NODE_FS")) throw error;
  context.counters.add("tells_failed");
  context.log.warn({ code: error.code, container: container.name }, error.message);
  // Its file system answers nobody. That is its own harm and no other container's: what it has not heard of is told when it does.
  // What the bus never takes is no better for another try.
  if (!isUnfit) coldplug.wait(container.instance);
}

/** Tells a container of all that it has and has not heard of, in the order in which it got it. */
export async function tellUnheard(workshop: Workshop, instance: string): Promise<void> {
  for (const made of toldNow(workshop.devnode.registry.of(instance)))
    await (await tellInTurn(workshop, made.order, made)).stored;
}
