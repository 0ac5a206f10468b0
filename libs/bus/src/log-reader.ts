import { isUdevnsError } from "@udevns/protocol";
import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  ConsumerEvents,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
  nanos,
  ReplayPolicy,
} from "nats";
import type { Bus } from "./connect.ts";
import { streamError } from "./log-writer.ts";

export interface LogEntry {
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
  /** Messages of this filter still behind this one in the stream. */
  readonly pending: number;
  /** When the server stored it. */
  readonly time: Date;
  /** For a bucket's entry that was deleted. */
  readonly deleted: boolean;
}

export interface LogReaderOptions {
  readonly stream: string;
  /** Name of the consumer on the server; a service's own, so that its permissions can name it. */
  readonly consumer: string;
  readonly filter: string;
  /**
   * First sequence to read, or the last message of each subject and then on, or what came since a time, or only what comes from now on.
   * `epoch`: the stream's life that the sequence is of; in another life reading starts at its first message.
   */
  readonly start:
    | { readonly sequence: number; readonly epoch?: string | undefined }
    | { readonly since: Date }
    | "last-per-subject"
    | "new";
  /** Called one at a time, in the stream's order, each sequence at most once in this reader's life. */
  onEntry(entry: LogEntry): void | Promise<void>;
  /** Called when the stream had nothing more at the start. */
  onCaughtUp?(): void;
  /** Told of each interruption; the reader goes on by itself. A refusal of the rights is told to the bus, and ends it. */
  onInterrupted?(reason: string): void;
}

const HEARTBEAT_MS = 1_000;
const RETRY_MS = 200;
/** The consumer outlives a reader that comes back within this time; then the server drops it. */
const INACTIVE_MS = 30_000;

/**
 * Reads a stream in order, from a place that the reader keeps itself.
 *
 * Acknowledging consumers deliver what a dead reader left behind only after later messages, which would put a device's `remove`
 * before its `add`. Here the server keeps no state that matters: each interruption (gap, lost consumer, reconnect) makes a new
 * consumer that starts behind the last entry handled (ADR-0001).
 */
export class LogReader {
  readonly #bus: Bus;
  readonly #options: LogReaderOptions;
  #position = 0;
  #epoch: string | undefined;
  #messages: ConsumerMessages | undefined;
  #closed = false;
  #caughtUp = false;
  readonly #ended: Promise<void>;

  constructor(bus: Bus, options: LogReaderOptions) {
    this.#bus = bus;
    this.#options = options;
    if (typeof options.start === "object" && "sequence" in options.start) this.#epoch = options.start.epoch;
    bus.onReconnect(() => this.#interrupt());
    this.#ended = this.#run();
  }

  /** Sequence of the last entry handled; 0 before the first. */
  get position(): number {
    return this.#position;
  }

  /** When the stream was made: a stream that was lost and made again counts its sequences anew. */
  get epoch(): string {
    return this.#epoch ?? "";
  }

  /** Reads no more; the consumer is left to whoever took its name over. */
  async abandon(): Promise<void> {
    this.#closed = true;
    this.#interrupt();
    await this.#ended;
  }

  async close(): Promise<void> {
    await this.abandon();
    const { stream, consumer } = this.#options;
    if (!this.#bus.nc.isClosed()) await this.#bus.jsm.consumers.delete(stream, consumer).catch(() => false);
  }

  #interrupt(): void {
    void this.#messages?.close();
  }

  async #run(): Promise<void> {
    while (!this.#closed && !this.#bus.nc.isClosed()) {
      try {
        await this.#readUntilInterrupted(await this.#makeConsumer());
      } catch (error) {
        if (this.#closed) return;
        const reason = streamError(error, this.#options.stream, this.#bus.url);
        // Asking again does not change the credentials.
        if (reason.code === "UDEVNS_E_BUS_DENIED") return void this.#bus.onDenied(reason);
        this.#options.onInterrupted?.(reason.message);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async #makeConsumer(): Promise<Consumer> {
    const { stream, consumer, filter } = this.#options;
    const anew = await this.#startedAnew();
    // A consumer's start cannot be changed, so the one of an earlier life goes first.
    await this.#bus.jsm.consumers.delete(stream, consumer).catch(() => false);
    const config: Partial<ConsumerConfig> = {
      name: consumer,
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      filter_subject: filter,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(INACTIVE_MS),
      ...this.#startPolicy(anew),
    };
    const info = await this.#bus.jsm.consumers.add(stream, config);
    if (info.num_pending === 0) this.#reportCaughtUp();
    return this.#bus.js.consumers.get(stream, consumer);
  }

  async #startedAnew(): Promise<boolean> {
    const { created } = await this.#bus.jsm.streams.info(this.#options.stream);
    const known = this.#epoch;
    this.#epoch = created;
    if (known === undefined || known === created) return false;
    this.#position = 0;
    this.#options.onInterrupted?.(`stream ${this.#options.stream} was made anew`);
    return true;
  }

  #startPolicy(anew: boolean): Partial<ConsumerConfig> {
    const { start } = this.#options;
    if (this.#position > 0) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#position + 1 };
    if (start === "last-per-subject") return { deliver_policy: DeliverPolicy.LastPerSubject };
    if (start === "new") return { deliver_policy: DeliverPolicy.New };
    if ("since" in start) return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: start.since.toISOString() };
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: anew ? 1 : Math.max(1, start.sequence) };
  }

  async #readUntilInterrupted(consumer: Consumer): Promise<void> {
    const { stream, consumer: name } = this.#options;
    this.#bus.expectPublishing(`${this.#bus.api}.CONSUMER.MSG.NEXT.${stream}.${name}`);
    const messages = await consumer.consume({ max_messages: 512, idle_heartbeat: HEARTBEAT_MS, expires: 30_000 });
    this.#messages = messages;
    if (this.#closed) return void messages.close();
    void this.#watch(messages);
    let delivered = 0;
    for await (const message of messages) {
      delivered += 1;
      // Deliveries are numbered without gaps; a gap is a message that was lost on its way here.
      if (message.info.deliverySequence !== delivered) break;
      await this.#handle(message);
      if (this.#closed) break;
    }
    // Not awaited: the client resolves it only when its queue is read to the end, which nobody does after a break.
    void messages.close();
  }

  async #handle(message: JsMsg): Promise<void> {
    if (message.seq > this.#position) {
      await this.#hand(message);
      this.#position = message.seq;
    }
    if (message.info.pending === 0) this.#reportCaughtUp();
  }

  async #hand(message: JsMsg): Promise<void> {
    const operation = message.headers?.get("KV-Operation");
    try {
      await this.#options.onEntry({
        sequence: message.seq,
        subject: message.subject,
        data: message.data,
        pending: message.info.pending,
        time: new Date(message.info.timestampNanos / 1e6),
        deleted: operation === "DEL" || operation === "PURGE",
      });
    } catch (error) {
      if (isUdevnsError(error, "UDEVNS_E_MESSAGE")) this.#bus.onMalformed(error);
      // A fault of the handler is no interruption: reading the same entry again would only meet it again.
      else
        queueMicrotask(() => {
          throw error;
        });
    }
  }

  /** The client's iterator neither ends nor throws when its consumer is gone; only its status says so. */
  async #watch(messages: ConsumerMessages): Promise<void> {
    const fatal: ReadonlySet<string> = new Set([
      ConsumerEvents.ConsumerDeleted,
      ConsumerEvents.ConsumerNotFound,
      ConsumerEvents.StreamNotFound,
      ConsumerEvents.HeartbeatsMissed,
    ]);
    for await (const status of await messages.status()) {
      if (!fatal.has(status.type)) continue;
      this.#options.onInterrupted?.(status.type);
      void messages.close();
      return;
    }
  }

  #reportCaughtUp(): void {
    if (this.#caughtUp) return;
    this.#caughtUp = true;
    this.#options.onCaughtUp?.();
  }
}
