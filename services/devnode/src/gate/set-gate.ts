import { UdevnsError, type WorkOf } from "@udevns/protocol";
import type { Workshop } from "../workshop.ts";

/** Keeps the host's own events out of a container, or lets them in; gives that wait for it go on. */
export async function setGate({ context, gates, waiting }: Workshop, order: WorkOf<"gate">): Promise<void> {
  const { container, wish } = order;
  const state = await gates.set(container, wish);
  context.setGates(gates.states());
  context.counters.add(`orders_gate_${state?.kind ?? "off"}`);
  if (state?.kind === "none") {
    const error = new UdevnsError("UDEVNS_E_GATE", { name: container.name, detail: state.detail });
    context.log.warn({ code: error.code, container: container.name, wish }, error.message);
  } else if (state !== undefined) context.log.info({ container: container.name, wish, gate: state.kind }, "gated");
  waiting.release();
}
