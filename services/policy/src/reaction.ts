import type { DecisionRecord, DevnodeWork } from "@udevns/protocol";

/** What follows from one input: orders to publish, in order, and decisions to record. */
export interface Reaction {
  readonly orders: readonly DevnodeWork[];
  readonly decisions: readonly DecisionRecord[];
}

/** A reaction that is being put together. */
export class Collector implements Reaction {
  readonly orders: DevnodeWork[] = [];
  readonly decisions: DecisionRecord[] = [];

  add(order: DevnodeWork | undefined): void {
    if (order !== undefined) this.orders.push(order);
  }
}
