import { randomUUID } from "node:crypto";
import { UdevnsError } from "@udevns/protocol";
import { ErrorCode, NatsError } from "nats";
import type { Bus } from "./connect.ts";
import { isCopied } from "./copies.ts";
import { deniedError, isDenied } from "./denied.ts";
import { fateOf, unfitError } from "./fate.ts";
import { type LastMessage, lastMessage, lastMessages } from "./last-messages.ts";
import { type LogEntry, LogReader, type LogReaderOptions } from "./log-reader.ts";
import type { PubAck } from "./stream-publisher.ts";

export interface BucketEntry {
  readonly key: string;
  readonly value: string;
  /** Changes with each write; state it to `replace` to be sure that nobody wrote meanwhile. */
  readonly revision: number;
}

/** What a deletion leaves. */
export interface DeletedEntry extends Omit<BucketEntry, "value"> {
  readonly value: undefined;
}

export interface FollowOptions {
  /** Name of the reader's consumer. */
  readonly consumer: string;
  /** Only keys below this prefix, `h1.`; empty for all. */
  readonly prefix: string;
  /** Value undefined: the key is gone. */
  onEntry(key: string, value: string | undefined, revision: number): void | Promise<void>;
  onCaughtUp?(): void;
}

/** Headers of a publication. */
type Fields = Readonly<Record<string, string>>;

const DELETION: Fields = { "KV-Operation": "DEL" };
const WRONG_LAST_SEQUENCE = 10071;
const RETRY_MS = 200;

/**
 * A NATS key-value bucket (ADR-8), read through its stream: the client's own `kv.watch` stays deaf for up to 15 s after a
 * server's restart, the stream's consumer does not.
 */
export class Bucket {
  readonly #bus: Bus;
  readonly #name: string;

  constructor(bus: Bus, name: string) {
    this.#bus = bus;
    this.#name = name;
  }

  get stream(): string {
    return `KV_${this.#name}`;
  }

  async get(key: string): Promise<BucketEntry | undefined> {
    return (await this.#last(key))?.entry;
  }

  /** Writes whatever was there. @returns the new revision */
  async put(key: string, value: string): Promise<number> {
    return (await this.#publish(key, value)).seq;
  }

  /**
   * Writes only if the key is at that revision (0 = it must not exist).
   * @returns the new revision, or undefined when somebody else wrote meanwhile
   */
  async replace(key: string, value: string, revision: number): Promise<number | undefined> {
    // A deleted key has the revision of its marker; to the caller it does not exist.
    const sequence = revision === 0 ? ((await this.#last(key))?.deleted ?? 0) : revision;
    return await this.#expecting(sequence, key, value, {});
  }

  /** Leaves a marker, so that followers hear of it. */
  async delete(key: string): Promise<void> {
    await this.#publish(key, "", DELETION);
  }

  /**
   * Writes or, with undefined, deletes only if `sequence` is that of the key's last message, its deletion included; 0 = never written.
   * @returns the new sequence, or undefined when somebody else wrote meanwhile
   */
  async writeAfter(sequence: number, key: string, value: string | undefined): Promise<number | undefined> {
    return await this.#expecting(sequence, key, value ?? "", value === undefined ? DELETION : {});
  }

  /** Deletes only if the key is at that revision. @returns false when somebody else wrote meanwhile */
  async remove(key: string, revision: number): Promise<boolean> {
    return (await this.#expecting(revision, key, "", DELETION)) !== undefined;
  }

  /** The entries below a prefix as they are now. */
  async entries(prefix: string, consumer: string): Promise<BucketEntry[]> {
    const found = new Map<string, BucketEntry>();
    await new Promise<void>((resolve, reject) => {
      const reader = this.follow({
        consumer,
        prefix,
        onEntry: (key, value, revision) => {
          if (value === undefined) found.delete(key);
          else found.set(key, { key, value, revision });
        },
        onCaughtUp: () => void setImmediate(() => reader.close().then(resolve, reject)),
      });
    });
    return [...found.values()];
  }

  /** The same without a consumer, one request a key: for services that write here. */
  async list(prefix: string): Promise<BucketEntry[]> {
    const found = await lastMessages(this.#bus, this.stream, this.#subject(`${prefix}>`));
    return found.filter(({ deleted }) => !deleted).map((message) => this.#entry(message));
  }

  /** The same with the keys that were deleted, for who writes on with `writeAfter`. */
  async lastOf(prefix: string): Promise<(BucketEntry | DeletedEntry)[]> {
    const found = await lastMessages(this.#bus, this.stream, this.#subject(`${prefix}>`));
    return found.map((message) => ({ ...this.#entry(message), ...(message.deleted ? { value: undefined } : {}) }));
  }

  /** First every entry as it is, then every change. */
  follow({ consumer, prefix, onEntry, onCaughtUp }: FollowOptions): LogReader {
    const skip = this.#subject("").length;
    const options: LogReaderOptions = {
      stream: this.stream,
      consumer,
      filter: this.#subject(`${prefix}>`),
      start: "last-per-subject",
      onEntry: (entry: LogEntry) => {
        const value = entry.deleted ? undefined : Buffer.from(entry.data).toString("utf8");
        return onEntry(entry.subject.slice(skip), value, entry.sequence);
      },
      ...(onCaughtUp === undefined ? {} : { onCaughtUp }),
    };
    return new LogReader(this.#bus, options);
  }

  /**
   * One id for all attempts: a stored message whose acknowledgement was lost must not look like somebody else's.
   * @returns undefined when the key's last message is another one
   */
  async #expecting(last: number, key: string, value: string, fields: Fields): Promise<number | undefined> {
    if (isCopied(this.#bus, this.stream)) return await this.#firstAfter(last, key, value, fields);
    try {
      const { seq } = await this.#publish(key, value, {
        ...fields,
        "Nats-Expected-Last-Subject-Sequence": String(last),
        "Nats-Msg-Id": `${key}:${last}:${randomUUID()}`,
      });
      return seq;
    } catch (error) {
      if (error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE) return undefined;
      throw error;
    }
  }

  /**
   * The same for a stream that another server copies: nats-server before 2.10.14 judges the copy by the sequence that its writer
   * expected, and where the copy's numbers are others it never copies anything again (nats-server issue 5253). So the id alone
   * says what was there before: of all who write after the same message the stream takes the first, for as long as it remembers ids.
   */
  async #firstAfter(last: number, key: string, value: string, fields: Fields): Promise<number | undefined> {
    const now = await lastMessage(this.#bus, this.stream, this.#subject(key));
    if ((now?.sequence ?? 0) !== last) return undefined;
    const { seq, duplicate } = await this.#publish(key, value, { ...fields, "Nats-Msg-Id": `${key}:${last}` });
    if (!duplicate) return seq;
    const stored = await lastMessage(this.#bus, this.stream, this.#subject(key));
    const same = stored?.sequence === seq && Buffer.from(stored.data).toString("utf8") === value;
    return same && stored.deleted === "KV-Operation" in fields ? seq : undefined;
  }

  /** The key's last message: an entry, or the sequence of the marker that deleted it. */
  async #last(
    key: string,
  ): Promise<{ entry: BucketEntry; deleted?: never } | { deleted: number; entry?: never } | undefined> {
    const last = await lastMessage(this.#bus, this.stream, this.#subject(key));
    if (last === undefined) return undefined;
    return last.deleted ? { deleted: last.sequence } : { entry: this.#entry(last) };
  }

  #entry({ subject, data, sequence }: LastMessage): BucketEntry {
    const key = subject.slice(this.#subject("").length);
    return { key, value: Buffer.from(data).toString("utf8"), revision: sequence };
  }

  /**
   * Tries until it is stored: a level may be written twice without harm, and an outage only delays it.
   * @throws UDEVNS_E_BUS_DENIED, UDEVNS_E_BUS_COPY, UDEVNS_E_BUS_UNFIT
   */
  async #publish(key: string, value: string, fields: Fields = {}): Promise<PubAck> {
    const all = { "Nats-Expected-Stream": this.stream, ...fields };
    for (;;) {
      try {
        return await this.#bus.streams.publish(this.#subject(key), value, all);
      } catch (error) {
        if (isDenied(error)) throw deniedError(this.#subject(key), error);
        if (fateOf(error) === "unfit") throw unfitError(this.#subject(key), value, error);
        if ((error as { code?: string }).code === ErrorCode.NoResponders) await this.#refuseCopy();
        if (this.#bus.nc.isClosed() || (error as { api_error?: unknown }).api_error !== undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** A copy takes no messages, however long one tries. @throws UDEVNS_E_BUS_COPY */
  async #refuseCopy(): Promise<void> {
    const info = await this.#bus.jsm.streams.info(this.stream).catch(() => undefined);
    const mirror = info?.config.mirror;
    if (mirror === undefined) return;
    const domain = mirror.external?.api.split(".")[1] ?? "";
    throw new UdevnsError("UDEVNS_E_BUS_COPY", { stream: this.stream, domain });
  }

  #subject(key: string): string {
    if (/[\s*]/.test(key)) throw new UdevnsError("UDEVNS_E_CONFIG", { name: "key", detail: JSON.stringify(key) });
    return `$KV.${this.#name}.${key}`;
  }
}
