import { say } from "@udevns/bus";
import { type DeviceWork, type Holder, subjects, type UdevnsError, type WorkResult } from "@udevns/protocol";
import type { Workshop } from "./workshop.ts";

export interface Done {
  readonly outcome: WorkResult["outcome"];
  readonly holders: readonly Holder[];
}

/** What came of an order, for those who look on. */
export function report(
  { context: { bus, host } }: Workshop,
  order: DeviceWork,
  { outcome, holders }: Done,
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
    ...(holders.length === 0 ? {} : { holders: [...holders] }),
    hops: order.hops,
  };
  say(bus, subjects.result(host, order.container.name, "devnode"), result);
}
