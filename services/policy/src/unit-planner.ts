import type { Unit } from "@udevns/devices";
import { type CompiledPolicy, decide, type UnitDecision } from "@udevns/policy";
import type { Grant } from "@udevns/protocol";
import { describeDecision, fingerprint } from "./describe.ts";
import type { Cause } from "./order.ts";
import type { Picture } from "./picture.ts";
import { planUnit } from "./plan.ts";
import type { Collector } from "./reaction.ts";

export interface DeciderOptions {
  readonly host: string;
  readonly policy: CompiledPolicy;
  /** True where the host has a udevd whose word may be waited for. */
  readonly hostUdev: () => boolean;
  readonly now: () => Date;
}

/** Decides units, and orders what leads from what their containers have to what they shall have. */
export class UnitPlanner {
  readonly #options: DeciderOptions;
  readonly #picture: Picture;
  /** What was last said of each unit. */
  readonly #verdicts = new Map<string, string>();

  constructor(options: DeciderOptions, picture: Picture) {
    this.#options = options;
    this.#picture = picture;
  }

  /** @returns the grants that came of it */
  replan(units: Iterable<string>, cause: Cause, reaction: Collector): ReadonlySet<Grant> {
    const all = new Set<Grant>();
    const { db, grants } = this.#picture;
    for (const root of units) {
      const unit = db.unit(root);
      if (unit === undefined) {
        this.#verdicts.delete(root);
        continue;
      }
      const decision = this.#decide(unit);
      if (this.#isFallingApart(unit, decision, cause)) continue;
      this.#record(unit, decision, cause, reaction);
      const { orders, given, taken } = planUnit(this.#options.host, unit, decision, grants, cause);
      for (const grant of taken) this.#picture.drop(grant);
      for (const grant of given) this.#picture.keep(grant);
      for (const grant of given) all.add(grant);
      reaction.orders.push(...orders);
    }
    return all;
  }

  /**
   * A unit is decided once. When its devices go one by one, the one that the rule matched may be first; the rest stays with its
   * owner, who shall hear of each of them that it is gone.
   */
  #isFallingApart(unit: Unit, decision: UnitDecision, { event }: Cause): boolean {
    if (event === undefined || decision.kind !== "unowned") return false;
    return unit.devices.some(({ devpath }) => this.#picture.grants.of(devpath).length > 0);
  }

  #decide(unit: Unit): UnitDecision {
    const { host, hostUdev, now } = this.#options;
    const { policy, db, containers, claims } = this.#picture;
    return decide({
      policy,
      db,
      unit,
      containers: containers.values(),
      claims: claims.values(),
      host,
      hostUdev: hostUdev(),
      now: now(),
    });
  }

  #record(unit: Unit, decision: UnitDecision, cause: Cause, reaction: Collector): void {
    const print = fingerprint(unit, decision);
    const before = this.#verdicts.get(unit.root);
    if (before === print) return;
    this.#verdicts.set(unit.root, print);
    // That nobody wants a new device is the normal case on any host and says nothing.
    if (before === undefined && decision.kind === "unowned") return;
    reaction.decisions.push(describeDecision(this.#options.host, unit, decision, cause.id, this.#options.now()));
  }
}
