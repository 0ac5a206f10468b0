import type { DeviceRecord, DevnodeWork, Grant, WorkOf } from "@udevns/protocol";
import type { Grants } from "./grants.ts";

/** What an order changed when it was made: first these grants ended, then those began. */
export interface Recalled {
  readonly dropped: readonly Grant[];
  readonly kept: readonly Grant[];
}

/** Reads the levels out of the edges: what containers have after an order of an earlier life. */
export function recall(grants: Grants, order: DevnodeWork): Recalled {
  switch (order.kind) {
    case "give":
      return { dropped: [], kept: [grantOf(order)] };
    case "take":
      return { dropped: heldBy(grants.of(order.device.devpath), order), kept: [] };
    case "tell":
      return renamed(grants, order);
    case "gate":
      return { dropped: [], kept: [] };
    case "forget":
      return { dropped: heldBy([...grants.all()], order), kept: [] };
    default:
      return order satisfies never;
  }
}

function grantOf({ host, container, device, unit, by, share, node }: WorkOf<"give">): Grant {
  return { v: 1, host, container, device, unit, by, share, ...(node === undefined ? {} : { node }) };
}

const heldBy = (grants: readonly Grant[], { container: { instance } }: DevnodeWork): Grant[] =>
  grants.filter(({ container }) => container.instance === instance);

/** Of a `move` only the device itself is told; what hangs below it went along. */
function renamed(grants: Grants, order: WorkOf<"tell">): Recalled {
  const { device, uevent } = order;
  const from = uevent.properties.DEVPATH_OLD;
  const to = device.devpath;
  if (uevent.action !== "move" || from === undefined || from === to) return { dropped: [], kept: [] };
  const moves = (devpath: string): boolean => devpath === from || devpath.startsWith(`${from}/`);
  const next = (devpath: string): string => (moves(devpath) ? to + devpath.slice(from.length) : devpath);
  const now = (old: DeviceRecord): DeviceRecord =>
    old.devpath === from ? device : { ...old, devpath: next(old.devpath) };
  const dropped = heldBy([...grants.all()], order).filter((grant) => moves(grant.device.devpath));
  return { dropped, kept: dropped.map((grant) => ({ ...grant, device: now(grant.device), unit: next(grant.unit) })) };
}
