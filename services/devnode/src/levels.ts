import type { WorkOf } from "@udevns/protocol";
import type { Made } from "./made.ts";

/** What a container has and has not heard of, parents first, as it was made. */
export const toldNow = (all: readonly Made[]): Made[] => all.filter(({ state, told }) => state === "made" && told < 0);

/** Orders that take back all that a container has, children first. */
export const goneOrders = (all: readonly Made[]): WorkOf<"take">[] => [...all].reverse().map(goneOrder);

/** The order that takes back what one device has in a container. */
export function goneOrder({ order }: Pick<Made, "order">): WorkOf<"take"> {
  const { v, id, host, boot, container, device, uevent } = order;
  const properties = { ...uevent.properties, ACTION: "remove" };
  return {
    v,
    id: `${id}/back`,
    host,
    boot,
    container,
    hops: {},
    kind: "take",
    device,
    uevent: { ...uevent, action: "remove", properties },
  };
}
