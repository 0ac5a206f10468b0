import type { Static, TSchema } from "@sinclair/typebox";
import { Bucket, type Bus, type LogReader } from "@udevns/bus";
import { decode } from "@udevns/protocol";

export interface FeedOptions<S extends TSchema> {
  readonly bucket: string;
  readonly schema: S;
  /** Name of the consumer. */
  readonly consumer: string;
  /** Only keys below it: of one host, or empty for all. */
  readonly prefix: string;
}

/** What a key says now, undefined when it was deleted, and what it said last. */
type Ear<T> = (now: T | undefined, last: T, revision: number) => void;

/**
 * What a bucket says of every host that this process may decide for: one consumer, however many hosts there are. A replica hears of
 * hosts that others decide for too, so that a host that comes to it needs no reading.
 */
export class Feed<S extends TSchema> {
  /** By host's token, then by key. */
  readonly #heard = new Map<string, Map<string, Parameters<Ear<Static<S>>>>>();
  readonly #ears = new Map<string, Ear<Static<S>>>();
  /** Hosts whose deletions somebody will ask for, who has read the records as they were. */
  readonly #asked = new Set<string>();
  readonly #schema: S;
  readonly #reader: LogReader;
  /** Resolves when all that there was at the start has been heard. */
  readonly caughtUp: Promise<void>;

  constructor(bus: Bus, { bucket, schema, consumer, prefix }: FeedOptions<S>) {
    this.#schema = schema;
    let caughtUp: () => void = () => undefined;
    this.caughtUp = new Promise((resolve) => {
      caughtUp = resolve;
    });
    this.#reader = new Bucket(bus, bucket).follow({
      consumer,
      prefix,
      onEntry: (key, value, revision) => this.#hear(key, value, revision),
      onCaughtUp: caughtUp,
    });
  }

  /** The host's records as they are, for who will follow them from here. @param host its token */
  of(host: string): Static<S>[] {
    this.#asked.add(host);
    return Array.from(this.#heard.get(host)?.values() ?? []).flatMap(([now]) => (now === undefined ? [] : [now]));
  }

  /** Tells all that there is of the host and what was deleted since it was read, and then each change. */
  follow(host: string, ear: Ear<Static<S>>): void {
    for (const heard of this.#heard.get(host)?.values() ?? []) ear(...heard);
    this.#forgetDeleted(host);
    this.#ears.set(host, ear);
  }

  leave(host: string): void {
    this.#forgetDeleted(host);
    this.#ears.delete(host);
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  #hear(key: string, value: string | undefined, revision: number): void {
    const host = key.slice(0, key.indexOf("."));
    const keys = this.#heard.get(host) ?? new Map<string, Parameters<Ear<Static<S>>>>();
    const now = value === undefined ? undefined : decode(this.#schema, value, key);
    const last = now ?? keys.get(key)?.[1];
    // Of what was never there nobody need hear that it is gone.
    if (last === undefined) return;
    if (now === undefined && !this.#asked.has(host)) keys.delete(key);
    else keys.set(key, [now, last, revision]);
    if (keys.size > 0) this.#heard.set(host, keys);
    else this.#heard.delete(host);
    this.#ears.get(host)?.(now, last, revision);
  }

  #forgetDeleted(host: string): void {
    this.#asked.delete(host);
    const keys = this.#heard.get(host) ?? new Map();
    for (const [key, [now]] of keys) if (now === undefined) keys.delete(key);
  }
}
