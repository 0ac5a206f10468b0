import type { DeviceDatabase } from "@udevns/devices";
import type { CompiledPolicy } from "@udevns/policy";
import type { Claim, ContainerRecord, DevnodeWork, Hops, UeventMessage } from "@udevns/protocol";
import { endDead, endGone, takeBack } from "./ending.ts";
import { Gates } from "./gates.ts";
import type { Grants } from "./grants.ts";
import { type Cause, tell } from "./order.ts";
import { type Levels, Picture } from "./picture.ts";
import { Collector, type Reaction } from "./reaction.ts";
import { rename } from "./rename.ts";
import { isForHolders, isMoveOfInterface, isToldByGrant } from "./telling.ts";
import { type DeciderOptions, UnitPlanner } from "./unit-planner.ts";

/**
 * One host's owner of devices: a state machine without I/O. The same inputs in the same order make the same orders,
 * so that after a crash the log can be read again from the last checkpoint.
 */
export class Decider {
  readonly #host: string;
  readonly #picture: Picture;
  readonly #planner: UnitPlanner;
  readonly #gates = new Gates();

  constructor(options: DeciderOptions) {
    this.#host = options.host;
    this.#picture = new Picture(options.policy);
    this.#planner = new UnitPlanner(options, this.#picture);
  }

  get devices(): DeviceDatabase {
    return this.#picture.db;
  }

  get grants(): Grants {
    return this.#picture.grants;
  }

  get containers(): ReadonlyMap<string, ContainerRecord> {
    return this.#picture.containers;
  }

  get policy(): CompiledPolicy {
    return this.#picture.policy;
  }

  /** Takes a checkpoint's part in, without deciding. */
  load(part: Parameters<Picture["load"]>[0]): void {
    this.#picture.load(part);
  }

  /** Takes in what an earlier life ordered behind its last checkpoint; in the orders' order. */
  recall(order: DevnodeWork): void {
    if (order.kind === "gate") this.#gates.recall(order.container.instance, order.wish);
    this.#picture.recall(order);
  }

  /** Puts another policy in force without deciding by it. */
  adopt(policy: CompiledPolicy): void {
    this.#picture.policy = policy;
  }

  /** Folds an event in without deciding: what happened before anybody listened, or what an earlier life has decided. */
  fold(event: UeventMessage): void {
    this.#picture.notice(event);
    this.#picture.apply(event);
  }

  onUevent(event: UeventMessage, hops: Hops): Reaction {
    const picture = this.#picture;
    const cause = { id: event.id, host: event.host, boot: event.boot, hops, event };
    const reaction = new Collector();
    for (const grant of picture.notice(event)) takeBack(picture, grant, cause, reaction);
    if (isMoveOfInterface(event) && picture.grants.of(event.devpath).length > 0) return reaction;
    const change = picture.apply(event);
    if (change.kind === "none") return reaction;
    if (change.kind === "removed") {
      for (const device of change.removed)
        for (const grant of picture.grants.of(device.devpath)) takeBack(picture, grant, cause, reaction);
    }
    if (change.kind === "moved") rename(picture, change, cause, reaction);
    const given = this.#planner.replan(change.units, cause, reaction);
    if (change.kind === "moved" || !isForHolders(event, change)) return reaction;
    for (const grant of picture.grants.of(event.devpath)) {
      if (isToldByGrant(grant, event, given)) continue;
      reaction.orders.push(tell(cause, grant.container, { ...grant.device, seqnum: event.seqnum }, event));
    }
    return reaction;
  }

  /** @param record undefined when the container is gone. @param revision of its key: makes the cause another each time */
  onContainer(name: string, record: ContainerRecord | undefined, revision: number): Reaction {
    const { containers, policy } = this.#picture;
    const reaction = new Collector();
    const before = containers.get(name);
    if (JSON.stringify(before) === JSON.stringify(record)) return reaction;
    if (record === undefined) containers.delete(name);
    else containers.set(name, record);
    const cause = this.#cause(`container:${revision}`);
    endDead(this.#picture, name, record?.instance, cause, reaction);
    if (before !== undefined && before.instance !== record?.instance) {
      reaction.add(this.#gates.leave(before, record === undefined, cause));
    }
    // Before it is given anything.
    if (record !== undefined) reaction.add(this.#gates.shut(record, "off", policy, cause));
    this.#planner.replan(this.#picture.allUnits(), cause, reaction);
    return reaction;
  }

  /** @param claim undefined when it was released */
  onClaim(unit: string, claim: Claim | undefined, revision: number): Reaction {
    const { claims } = this.#picture;
    if (JSON.stringify(claims.get(unit)) === JSON.stringify(claim)) return new Collector();
    if (claim === undefined) claims.delete(unit);
    else claims.set(unit, claim);
    return this.replanAll(`claim:${revision}`);
  }

  onPolicy(policy: CompiledPolicy, revision: string | number): Reaction {
    this.adopt(policy);
    return this.replanAll(`policy:${revision}`);
  }

  /**
   * Decides every unit anew: after a start, a new policy, a claim.
   * @param gates `anew` where devnode may have been told what nobody here knows of
   */
  replanAll(causeId: string, gates: "as told" | "anew" = "as told"): Reaction {
    const { containers, policy } = this.#picture;
    const reaction = new Collector();
    const cause = this.#cause(causeId);
    endGone(this.#picture, cause, reaction);
    for (const record of containers.values()) {
      if (gates === "anew") this.#gates.forget(record);
      reaction.add(this.#gates.shut(record, gates === "anew" ? undefined : "off", policy, cause));
    }
    this.#planner.replan(this.#picture.allUnits(), cause, reaction);
    return reaction;
  }

  /** What changed since the last call: the levels to write down. */
  checkpoint(): Levels {
    return this.#picture.checkpoint();
  }

  #cause(id: string): Cause {
    return { id, host: this.#host, boot: this.#picture.boot, hops: {} };
  }
}
