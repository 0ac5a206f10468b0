import { type DeviceChange, DeviceDatabase, isSynthetic, type Unit } from "@udevns/devices";
import { type CompiledPolicy, decide, gateFor, type UnitDecision } from "@udevns/policy";
import {
  type Claim,
  type ContainerRecord,
  type DecisionRecord,
  type DeviceRecord,
  type DevnodeWork,
  type GateWish,
  type Grant,
  type Hops,
  targetOf,
  type UeventMessage,
} from "@udevns/protocol";
import { describeDecision, fingerprint } from "./describe.ts";
import { Grants } from "./grants.ts";
import { type Cause, forget, gate, take, tell } from "./order.ts";
import { planUnit } from "./plan.ts";
import { recall } from "./recall.ts";

/** What follows from one input: orders to publish, in order, and decisions to record. */
export interface Reaction {
  readonly orders: readonly DevnodeWork[];
  readonly decisions: readonly DecisionRecord[];
}

export interface DeciderOptions {
  readonly host: string;
  readonly policy: CompiledPolicy;
  /** True where the host has a udevd whose word may be waited for. */
  readonly hostUdev: () => boolean;
  readonly now: () => Date;
}

/**
 * One host's owner of devices: a state machine without I/O. The same inputs in the same order make the same orders,
 * so that after a crash the log can be read again from the last checkpoint.
 */
export class Decider {
  readonly #options: DeciderOptions;
  readonly #db = new DeviceDatabase();
  readonly #grants = new Grants();
  readonly #containers = new Map<string, ContainerRecord>();
  readonly #claims = new Map<string, Claim>();
  /** What devnode was told of each life of a container. */
  readonly #wishes = new Map<string, GateWish>();
  readonly #verdicts = new Map<string, string>();
  readonly #dirtyDevices = new Set<string>();
  readonly #dirtyGrants = new Map<string, Grant>();
  #policy: CompiledPolicy;
  #boot = "";

  constructor(options: DeciderOptions) {
    this.#options = options;
    this.#policy = options.policy;
  }

  get devices(): DeviceDatabase {
    return this.#db;
  }

  get grants(): Grants {
    return this.#grants;
  }

  get containers(): ReadonlyMap<string, ContainerRecord> {
    return this.#containers;
  }

  get policy(): CompiledPolicy {
    return this.#policy;
  }

  /** Takes a checkpoint's part in, without deciding. */
  load(part: { device: DeviceRecord } | { grant: Grant } | { container: ContainerRecord } | { claim: Claim }): void {
    if ("device" in part) {
      this.#db.put(part.device);
      this.#boot ||= part.device.boot;
    } else if ("grant" in part) this.#grants.put(part.grant);
    else if ("container" in part) this.#containers.set(part.container.name, part.container);
    else this.#claims.set(part.claim.unit, part.claim);
  }

  /** Takes in what an earlier life ordered behind its last checkpoint; in the orders' order. */
  recall(order: DevnodeWork): void {
    if (order.kind === "gate") this.#wishes.set(order.container.instance, order.wish);
    const { dropped, kept } = recall(this.#grants, order);
    for (const grant of dropped) this.#drop(grant);
    for (const grant of kept) this.#keep(grant);
  }

  /** Puts another policy in force without deciding by it. */
  adopt(policy: CompiledPolicy): void {
    this.#policy = policy;
  }

  /** Folds an event in without deciding: what happened before anybody listened, or what an earlier life has decided. */
  fold(event: UeventMessage): void {
    this.#notice(event);
    this.#mark(this.#db.apply(event));
  }

  onUevent(event: UeventMessage, hops: Hops): Reaction {
    const cause: Cause = { id: event.id, host: event.host, boot: event.boot, hops, event };
    const reaction = new Collector();
    for (const grant of this.#notice(event)) this.#take(grant, cause, reaction);
    if (isMoveOfInterface(event) && this.#grants.of(event.devpath).length > 0) return reaction;
    const change = this.#db.apply(event);
    this.#mark(change);
    if (change.kind === "none") return reaction;
    if (change.kind === "removed") {
      for (const device of change.removed)
        for (const grant of this.#grants.of(device.devpath)) this.#take(grant, cause, reaction);
    }
    if (change.kind === "moved") this.#rename(change, cause, event, reaction);
    const given = this.#replan(change.units, cause, reaction);
    if (change.kind === "moved") return reaction;
    if (event.source === "kernel" && event.action !== "remove" && !isAnticipated(event, change)) {
      for (const grant of this.#grants.of(event.devpath)) {
        // A grant that this event brought about, in this life or an earlier one, tells `add` by itself; an event of another kind
        // comes behind that.
        if (event.action === "add" && (given.has(grant) || grant.device.seqnum === event.seqnum)) continue;
        reaction.orders.push(tell(cause, grant.container, { ...grant.device, seqnum: event.seqnum }, event));
      }
    }
    return reaction;
  }

  /** @param record undefined when the container is gone. @param revision of its key: makes the cause another each time */
  onContainer(name: string, record: ContainerRecord | undefined, revision: number): Reaction {
    const reaction = new Collector();
    const before = this.#containers.get(name);
    if (JSON.stringify(before) === JSON.stringify(record)) return reaction;
    if (record === undefined) this.#containers.delete(name);
    else this.#containers.set(name, record);
    const cause = this.#cause(`container:${revision}`);
    this.#dropDead(name, record?.instance, cause, reaction);
    if (before !== undefined && before.instance !== record?.instance) {
      // One that is detached lives on, and is nobody's to gate.
      if (record === undefined && (this.#wishes.get(before.instance) ?? "off") !== "off")
        reaction.orders.push(gate(cause, targetOf(before), "off"));
      this.#wishes.delete(before.instance);
    }
    if (record !== undefined) {
      // Before it is given anything.
      this.#gate(record, "off", cause, reaction);
    }
    this.#replan(this.#allUnits(), cause, reaction);
    return reaction;
  }

  /** @param claim undefined when it was released */
  onClaim(unit: string, claim: Claim | undefined, revision: number): Reaction {
    if (JSON.stringify(this.#claims.get(unit)) === JSON.stringify(claim)) return new Collector();
    if (claim === undefined) this.#claims.delete(unit);
    else this.#claims.set(unit, claim);
    return this.replanAll(`claim:${revision}`);
  }

  onPolicy(policy: CompiledPolicy, revision: string | number): Reaction {
    this.#policy = policy;
    return this.replanAll(`policy:${revision}`);
  }

  /**
   * Decides every unit anew: after a start, a new policy, a claim.
   * @param gates `anew` where devnode may have been told what nobody here knows of
   */
  replanAll(causeId: string, gates: "as told" | "anew" = "as told"): Reaction {
    const reaction = new Collector();
    const cause = this.#cause(causeId);
    for (const name of new Set(Array.from(this.#grants.all(), ({ container }) => container.name))) {
      this.#dropDead(name, this.#containers.get(name)?.instance, cause, reaction);
    }
    for (const grant of [...this.#grants.all()]) {
      if (this.#db.get(grant.device.devpath) === undefined) this.#take(grant, cause, reaction);
    }
    for (const record of this.#containers.values()) {
      if (gates === "anew") this.#wishes.delete(record.instance);
      this.#gate(record, gates === "anew" ? undefined : "off", cause, reaction);
    }
    this.#replan(this.#allUnits(), cause, reaction);
    return reaction;
  }

  /** What changed since the last call: the levels to write down. Undefined values are gone. */
  checkpoint(): {
    devices: Map<string, DeviceRecord | undefined>;
    grants: Map<string, { grant: Grant; gone: boolean }>;
  } {
    const devices = new Map([...this.#dirtyDevices].map((devpath) => [devpath, this.#db.get(devpath)]));
    const grants = new Map(
      [...this.#dirtyGrants].map(([key, grant]) => {
        const current = this.#grants.get(grant.device.devpath, grant.container.name);
        return [key, { grant: current ?? grant, gone: current === undefined }];
      }),
    );
    this.#dirtyDevices.clear();
    this.#dirtyGrants.clear();
    return { devices, grants };
  }

  /** After a reboot of the host nothing of before is left. @returns the grants that ended */
  #notice(event: UeventMessage): Grant[] {
    if (event.boot === this.#boot) return [];
    this.#boot = event.boot;
    const old = [...this.#db.all()].filter((device) => device.boot !== event.boot);
    for (const device of old) {
      this.#db.remove(device.devpath);
      this.#dirtyDevices.add(device.devpath);
    }
    return old.flatMap((device) => this.#grants.of(device.devpath));
  }

  /** @param untold what holds of a container that nothing was told of */
  #gate(record: ContainerRecord, untold: GateWish | undefined, cause: Cause, reaction: Collector): void {
    const wish = gateFor(this.#policy, record)?.gate ?? "off";
    if ((this.#wishes.get(record.instance) ?? untold) === wish) return;
    this.#wishes.set(record.instance, wish);
    reaction.orders.push(gate(cause, targetOf(record), wish));
  }

  #replan(units: Iterable<string>, cause: Cause, reaction: Collector): ReadonlySet<Grant> {
    const all = new Set<Grant>();
    for (const root of units) {
      const unit = this.#db.unit(root);
      if (unit === undefined) {
        this.#verdicts.delete(root);
        continue;
      }
      const decision = this.#decide(unit);
      if (this.#isFallingApart(unit, decision, cause)) continue;
      this.#record(unit, decision, cause, reaction);
      const { orders, given, taken } = planUnit(this.#options.host, unit, decision, this.#grants, cause);
      for (const grant of taken) this.#drop(grant);
      for (const grant of given) this.#keep(grant);
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
    return unit.devices.some(({ devpath }) => this.#grants.of(devpath).length > 0);
  }

  #decide(unit: Unit): UnitDecision {
    const { host, hostUdev, now } = this.#options;
    return decide({
      policy: this.#policy,
      db: this.#db,
      unit,
      containers: this.#containers.values(),
      claims: this.#claims.values(),
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

  #take(grant: Grant, cause: Cause, reaction: Collector): void {
    reaction.orders.push(take(cause, grant));
    this.#drop(grant);
  }

  #dropDead(name: string, living: string | undefined, cause: Cause, reaction: Collector): void {
    const dead = [...this.#grants.all()].filter(
      ({ container }) => container.name === name && container.instance !== living,
    );
    for (const grant of dead) this.#drop(grant);
    const instances = new Map(dead.map(({ container }) => [container.instance, container]));
    for (const container of instances.values()) reaction.orders.push(forget(cause, container));
  }

  /**
   * Grants go along with a renamed device and all below it. Its holders are told before anything else: whatever is ordered behind
   * that is about the new names. Who has only something below is told of no rename, so the old name is taken from it.
   */
  #rename(change: Moved, cause: Cause, event: UeventMessage, reaction: Collector): void {
    const holders = new Set(this.#grants.of(change.from).map(({ container }) => container.name));
    const along = this.#along(change);
    for (const [old] of [...along].reverse()) {
      for (const grant of this.#grants.of(old))
        if (!holders.has(grant.container.name)) this.#take(grant, cause, reaction);
    }
    for (const [old, device] of along) {
      for (const grant of this.#grants.of(old)) {
        this.#drop(grant);
        this.#keep({ ...grant, device, unit: this.#db.unitOf(device.devpath)?.root ?? grant.unit });
        if (old === change.from) reaction.orders.push(tell(cause, grant.container, device, event));
      }
    }
  }

  /** The renamed device and what came along with it, parents first, each with its old devpath. */
  #along({ from, device: { devpath: to } }: Moved): [string, DeviceRecord][] {
    return this.#db
      .subtree(to)
      .map((device): [string, DeviceRecord] => [from + device.devpath.slice(to.length), device])
      .filter(([old]) => this.#db.get(old) === undefined);
  }

  #keep(grant: Grant): void {
    this.#grants.put(grant);
    this.#dirtyGrants.set(grantKey(grant), grant);
  }

  #drop(grant: Grant): void {
    this.#grants.delete(grant.device.devpath, grant.container.name);
    this.#dirtyGrants.set(grantKey(grant), grant);
  }

  #mark(change: ReturnType<DeviceDatabase["apply"]>): void {
    if (change.kind === "none") return;
    this.#dirtyDevices.add(change.device.devpath);
    if (change.kind === "moved")
      for (const [old, device] of this.#along(change)) this.#dirtyDevices.add(old).add(device.devpath);
    if (change.kind === "removed") for (const device of change.removed) this.#dirtyDevices.add(device.devpath);
  }

  #allUnits(): string[] {
    return Array.from(this.#db.units(), (unit) => unit.root);
  }

  #cause(id: string): Cause {
    return { id, host: this.#options.host, boot: this.#boot, hops: {} };
  }
}

/** The kernel's `add` of a device that a scan had found, and told of, before that event was heard. */
const isAnticipated = (event: UeventMessage, change: DeviceChange): boolean =>
  event.action === "add" &&
  !isSynthetic(event) &&
  change.kind === "changed" &&
  change.before.arrival === "present" &&
  change.before.boot === event.boot;

type Moved = Extract<DeviceChange, { kind: "moved" }>;

class Collector implements Reaction {
  readonly orders: DevnodeWork[] = [];
  readonly decisions: DecisionRecord[] = [];
}

/**
 * A network interface that a container has is in its namespace: to the host the kernel says `remove`, and nothing more until it comes
 * back; also not when it is unplugged there.
 */
const isMoveOfInterface = ({ action, subsystem }: UeventMessage): boolean =>
  action === "remove" && (subsystem === "net" || subsystem === "queues");

const grantKey = (grant: Grant): string => `${grant.container.name}\0${grant.device.devpath}`;
