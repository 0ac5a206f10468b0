import type { UdevnsError, WorkOf } from "@udevns/protocol";
import type { Made } from "./made.ts";
import { report } from "./report.ts";
import { isUnheardOf } from "./tell-in-turn.ts";
import type { Workshop } from "./workshop.ts";

/**
 * The container still has what it shall not have any more: nobody else gets the device, and the take is tried again until it succeeds
 * or the container ends. The queue goes on meanwhile (ADR 6).
 * @param told `not yet`: it is, once the take has succeeded; `heard`: only what it has open is left
 */
export function keepTaking(
  workshop: Workshop,
  order: WorkOf<"take">,
  before: Made,
  error: UdevnsError,
  told: "heard" | "not yet" = "not yet",
): void {
  const { context, devnode, retakes } = workshop;
  const { instance, devpath } = before;
  const unheard = told === "heard" || isUnheardOf(before) ? { told: -1, unheard: true as const } : {};
  devnode.registry.record({ made: { ...before, state: "taking", take: order, ...unheard } });
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
