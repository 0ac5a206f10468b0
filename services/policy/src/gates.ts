import { type CompiledPolicy, gateFor } from "@udevns/policy";
import { type ContainerRecord, type DevnodeWork, type GateWish, targetOf } from "@udevns/protocol";
import { type Cause, gate } from "./order.ts";

/** What devnode was told of each life of a container. */
export class Gates {
  readonly #wishes = new Map<string, GateWish>();

  /** Takes in what an earlier life ordered. */
  recall(instance: string, wish: GateWish): void {
    this.#wishes.set(instance, wish);
  }

  /** As if nothing had been told of it. */
  forget({ instance }: ContainerRecord): void {
    this.#wishes.delete(instance);
  }

  /**
   * What is to be told of a container.
   * @param untold what holds of one that nothing was told of
   */
  shut(
    record: ContainerRecord,
    untold: GateWish | undefined,
    policy: CompiledPolicy,
    cause: Cause,
  ): DevnodeWork | undefined {
    const wish = gateFor(policy, record)?.gate ?? "off";
    if ((this.#wishes.get(record.instance) ?? untold) === wish) return undefined;
    this.#wishes.set(record.instance, wish);
    return gate(cause, targetOf(record), wish);
  }

  /** That life is over, or nobody's to gate any more. @param livesOn true for one that is only detached, and shall hear all again */
  leave(record: ContainerRecord, livesOn: boolean, cause: Cause): DevnodeWork | undefined {
    const wish = this.#wishes.get(record.instance) ?? "off";
    this.#wishes.delete(record.instance);
    return livesOn && wish !== "off" ? gate(cause, targetOf(record), "off") : undefined;
  }
}
