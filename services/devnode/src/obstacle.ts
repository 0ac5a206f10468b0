import type { DeviceWork, WorkOf } from "@udevns/protocol";
import type { Taking } from "./made.ts";

/** An order that can have to wait. A take never does: nobody keeps a device for longer because another container still has it. */
export type Deferrable = Exclude<DeviceWork, { kind: "take" }>;

/** Why an order cannot be carried out yet. */
export type Obstacle =
  | { readonly kind: "still held"; readonly by: Taking }
  /** Policy gives it nothing while it hears the host's own events. */
  | { readonly kind: "not gated"; readonly why: string }
  /** An order for the same container that waits itself, and comes first. */
  | { readonly kind: "behind"; readonly order: Deferrable };

/**
 * What keeps an order from being carried out now.
 * @param earlier orders that came before it and wait
 * @param notGated why its container has not the gate that it must have
 */
export function obstacleTo(
  order: Deferrable,
  takings: readonly Taking[],
  earlier: readonly Deferrable[],
  notGated?: string,
): Obstacle | undefined {
  const before = earlier.find((other) => comesFirst(other, order));
  if (before !== undefined) return { kind: "behind", order: before };
  if (order.kind === "give" && notGated !== undefined) return { kind: "not gated", why: notGated };
  const by = order.kind === "give" ? takings.find((taking) => standsInTheWay(taking, order)) : undefined;
  return by === undefined ? undefined : { kind: "still held", by };
}

function standsInTheWay({ instance, devpath, order }: Taking, give: WorkOf<"give">): boolean {
  // Its own container hears `remove` of the old before `add` of the new.
  if (give.share && instance !== give.container.instance) return false;
  // The kernel gives an unplugged device's number to the next one: the node of the old one opens that, and what is taken of the old one is
  // taken of that.
  return devpath === give.device.devpath || isSameNumber(order, give);
}

function isSameNumber({ node: one }: WorkOf<"give">, { node: other }: WorkOf<"give">): boolean {
  if (one === undefined || other === undefined) return false;
  const [a, b] = [one.devnum, other.devnum];
  return a.type === b.type && a.major === b.major && a.minor === b.minor;
}

/** Orders about one device keep their order, and a parent's `add` comes before its child's. */
function comesFirst(earlier: Deferrable, later: Deferrable): boolean {
  if (earlier.container.instance !== later.container.instance) return false;
  const [above, devpath] = [earlier.device.devpath, later.device.devpath];
  return above === devpath || (later.kind === "give" && devpath.startsWith(`${above}/`));
}
