import type { Static, TSchema } from "@sinclair/typebox";
import { Bucket, type BucketEntry, type Bus } from "@udevns/bus";
import {
  bucketNames,
  DeviceRecord,
  decodeEntries,
  deviceKey,
  Grant,
  isUdevnsError,
  token,
  UdevnsError,
} from "@udevns/protocol";
import type { Decider } from "./decider.ts";
import type { Levels } from "./picture.ts";
import { Position } from "./position.ts";

/** Writes under way at once. */
const BATCH = 64;

type Level = "devices" | "grants" | "positions";

/**
 * The levels of one host in the buckets: devices, grants, and the place in the log at which they held.
 * After a crash they are loaded and the log is read on from that place; orders made twice are recognised by their ids.
 * Every write states what it found, so that a replica that lost its lease without knowing cannot write over its successor's.
 */
export class Checkpoint {
  readonly #host: string;
  readonly #bus: Bus;
  /** Of each key's last message, by `bucket/key`. */
  readonly #sequences = new Map<string, number>();
  #written: Position | undefined;

  constructor(bus: Bus, host: string) {
    this.#host = host;
    this.#bus = bus;
  }

  /** Fills a new decider. @returns where to read on; undefined when there is no checkpoint yet */
  async load(decider: Decider): Promise<Position | undefined> {
    // First: an earlier holder may still write. Levels that are newer than the position are caught up with, older ones never would be.
    [this.#written] = await this.#read("positions", Position);
    const [devices, grants] = await Promise.all([this.#read("devices", DeviceRecord), this.#read("grants", Grant)]);
    for (const device of devices) decider.load({ device });
    for (const grant of grants) decider.load({ grant });
    return this.#written;
  }

  /** Writes what changed since the last time. All orders up to `position` must be stored by now. @throws UDEVNS_E_BUS_FENCED */
  async write({ devices, grants }: Levels, position: Position): Promise<void> {
    const writes: (() => Promise<void>)[] = [];
    for (const [devpath, device] of devices)
      writes.push(() => this.#put("devices", deviceKey(devpath), device && JSON.stringify(device)));
    for (const { grant, gone } of grants.values()) {
      const key = `${token(grant.container.name)}.${deviceKey(grant.device.devpath)}`;
      writes.push(() => this.#put("grants", key, gone ? undefined : JSON.stringify(grant)));
    }
    for (let at = 0; at < writes.length; at += BATCH)
      await Promise.all(writes.slice(at, at + BATCH).map((write) => write()));
    if (JSON.stringify(this.#written) === JSON.stringify(position)) return;
    await this.#put("positions", "policy", JSON.stringify(position));
    this.#written = position;
  }

  async #put(level: Level, rest: string, value: string | undefined): Promise<void> {
    const bucket = new Bucket(this.#bus, bucketNames[level]);
    const key = `${token(this.#host)}.${rest}`;
    const place = `${level}/${key}`;
    const expected = this.#sequences.get(place) ?? 0;
    // What was never written need not be deleted.
    if (value === undefined && expected === 0) return;
    const sequence = await bucket.writeAfter(expected, key, value).catch((error: unknown) => this.#passOver(error));
    if (sequence === "given up") return;
    if (sequence === undefined)
      throw new UdevnsError("UDEVNS_E_BUS_FENCED", { stream: bucket.stream, expected, found: "another" });
    this.#sequences.set(place, sequence);
  }

  /** What the bucket will never take is not known after a crash; all else still is. */
  #passOver(error: unknown): "given up" {
    if (!isUdevnsError(error, "UDEVNS_E_BUS_UNFIT")) throw error;
    this.#bus.onUnfit(error);
    return "given up";
  }

  async #read<S extends TSchema>(level: Level, schema: S): Promise<Static<S>[]> {
    const entries = await new Bucket(this.#bus, bucketNames[level]).lastOf(`${token(this.#host)}.`);
    for (const { key, revision } of entries) this.#sequences.set(`${level}/${key}`, revision);
    const present = entries.filter((entry): entry is BucketEntry => entry.value !== undefined);
    return decodeEntries(schema, present, this.#bus.onMalformed);
  }
}
