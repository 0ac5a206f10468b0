import type { Static, TSchema } from "@sinclair/typebox";
import { Bucket, type Bus } from "@udevns/bus";
import {
  bucketNames,
  type Claim,
  Claim as ClaimSchema,
  ContainerRecord,
  checked,
  consumerNames,
  DeviceRecord,
  deviceKey,
  Grant,
  token,
} from "@udevns/protocol";
import type { Decider } from "./decider.ts";
import { Position } from "./position.ts";

/** Writes under way at once. */
const BATCH = 64;

/**
 * The levels of one host in the buckets: devices, grants, and the place in the log at which they held.
 * After a crash they are loaded and the log is read on from that place; orders made twice are recognised by their ids.
 */
export class Checkpoint {
  readonly #host: string;
  readonly #bus: Bus;
  readonly #devices: Bucket;
  readonly #grants: Bucket;
  readonly #positions: Bucket;
  #written: Position | undefined;

  constructor(bus: Bus, host: string) {
    this.#host = host;
    this.#bus = bus;
    this.#devices = new Bucket(bus, bucketNames.devices);
    this.#grants = new Bucket(bus, bucketNames.grants);
    this.#positions = new Bucket(bus, bucketNames.positions);
  }

  /** Fills a new decider. @returns where to read on; undefined when there is no checkpoint yet */
  async load(decider: Decider): Promise<Position | undefined> {
    for (const device of await this.#read(bucketNames.devices, DeviceRecord)) decider.load({ device });
    for (const grant of await this.#read(bucketNames.grants, Grant)) decider.load({ grant });
    for (const container of await this.#read(bucketNames.containers, ContainerRecord)) decider.load({ container });
    for (const claim of await this.#read(bucketNames.claims, ClaimSchema)) decider.load({ claim: claim as Claim });
    const entry = await this.#positions.get(this.#key("policy"));
    this.#written = entry === undefined ? undefined : checked(Position, JSON.parse(entry.value), entry.key);
    return this.#written;
  }

  /** Writes what changed since the last time. All orders up to `position` must be stored by now. */
  async write(decider: Decider, position: Position): Promise<void> {
    const { devices, grants } = decider.checkpoint();
    const writes: (() => Promise<unknown>)[] = [];
    for (const [devpath, device] of devices) {
      const key = this.#key(deviceKey(devpath));
      writes.push(() =>
        device === undefined ? this.#devices.delete(key) : this.#devices.put(key, JSON.stringify(device)),
      );
    }
    for (const { grant, gone } of grants.values()) {
      const key = this.#key(`${token(grant.container.name)}.${deviceKey(grant.device.devpath)}`);
      writes.push(() => (gone ? this.#grants.delete(key) : this.#grants.put(key, JSON.stringify(grant))));
    }
    for (let at = 0; at < writes.length; at += BATCH)
      await Promise.all(writes.slice(at, at + BATCH).map((write) => write()));
    if (this.#written?.sequence === position.sequence && this.#written.epoch === position.epoch) return;
    await this.#positions.put(this.#key("policy"), JSON.stringify(position));
    this.#written = position;
  }

  async #read<S extends TSchema>(bucket: string, schema: S): Promise<Static<S>[]> {
    const entries = await new Bucket(this.#bus, bucket).entries(
      `${token(this.#host)}.`,
      consumerNames.policyLoad(this.#host),
    );
    return entries.map(({ key, value }) => checked(schema, JSON.parse(value), key));
  }

  #key(rest: string): string {
    return `${token(this.#host)}.${rest}`;
  }
}
