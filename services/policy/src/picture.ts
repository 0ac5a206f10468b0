import { type DeviceChange, DeviceDatabase } from "@udevns/devices";
import type { CompiledPolicy } from "@udevns/policy";
import type { Claim, ContainerRecord, DeviceRecord, DevnodeWork, Grant, UeventMessage } from "@udevns/protocol";
import { Grants } from "./grants.ts";
import { recall } from "./recall.ts";

export type Moved = Extract<DeviceChange, { kind: "moved" }>;

/** The levels to write down. Undefined values are gone. */
export interface Levels {
  readonly devices: Map<string, DeviceRecord | undefined>;
  readonly grants: Map<string, { grant: Grant; gone: boolean }>;
}

/** What is known of a host, and what of it is not written down yet. */
export class Picture {
  readonly db = new DeviceDatabase();
  readonly grants = new Grants();
  readonly containers = new Map<string, ContainerRecord>();
  readonly claims = new Map<string, Claim>();
  policy: CompiledPolicy;
  boot = "";
  readonly #dirtyDevices = new Set<string>();
  readonly #dirtyGrants = new Map<string, Grant>();

  constructor(policy: CompiledPolicy) {
    this.policy = policy;
  }

  /** Takes a checkpoint's part in. */
  load(part: { device: DeviceRecord } | { grant: Grant } | { container: ContainerRecord } | { claim: Claim }): void {
    if ("device" in part) {
      this.db.put(part.device);
      this.boot ||= part.device.boot;
    } else if ("grant" in part) this.grants.put(part.grant);
    else if ("container" in part) this.containers.set(part.container.name, part.container);
    else this.claims.set(part.claim.unit, part.claim);
  }

  recall(order: DevnodeWork): void {
    const { dropped, kept } = recall(this.grants, order);
    for (const grant of dropped) this.drop(grant);
    for (const grant of kept) this.keep(grant);
  }

  apply(event: UeventMessage): DeviceChange {
    const change = this.db.apply(event);
    this.#mark(change);
    return change;
  }

  /** After a reboot of the host nothing of before is left. @returns the grants that ended */
  notice(event: UeventMessage): Grant[] {
    if (event.boot === this.boot) return [];
    this.boot = event.boot;
    const old = [...this.db.all()].filter((device) => device.boot !== event.boot);
    for (const device of old) {
      this.db.remove(device.devpath);
      this.#dirtyDevices.add(device.devpath);
    }
    return old.flatMap((device) => this.grants.of(device.devpath));
  }

  keep(grant: Grant): void {
    this.grants.put(grant);
    this.#dirtyGrants.set(grantKey(grant), grant);
  }

  drop(grant: Grant): void {
    this.grants.delete(grant.device.devpath, grant.container.name);
    this.#dirtyGrants.set(grantKey(grant), grant);
  }

  /** The renamed device and what came along with it, parents first, each with its old devpath. */
  along({ from, device: { devpath: to } }: Moved): [string, DeviceRecord][] {
    return this.db
      .subtree(to)
      .map((device): [string, DeviceRecord] => [from + device.devpath.slice(to.length), device])
      .filter(([old]) => this.db.get(old) === undefined);
  }

  allUnits(): string[] {
    return Array.from(this.db.units(), (unit) => unit.root);
  }

  /** What changed since the last call. */
  checkpoint(): Levels {
    const devices = new Map([...this.#dirtyDevices].map((devpath) => [devpath, this.db.get(devpath)]));
    const grants = new Map(
      [...this.#dirtyGrants].map(([key, grant]) => {
        const current = this.grants.get(grant.device.devpath, grant.container.name);
        return [key, { grant: current ?? grant, gone: current === undefined }];
      }),
    );
    this.#dirtyDevices.clear();
    this.#dirtyGrants.clear();
    return { devices, grants };
  }

  #mark(change: DeviceChange): void {
    if (change.kind === "none") return;
    this.#dirtyDevices.add(change.device.devpath);
    if (change.kind === "moved")
      for (const [old, device] of this.along(change)) this.#dirtyDevices.add(old).add(device.devpath);
    if (change.kind === "removed") for (const device of change.removed) this.#dirtyDevices.add(device.devpath);
  }
}

const grantKey = (grant: Grant): string => `${grant.container.name}\0${grant.device.devpath}`;
