import { isUdevnsError, UdevnsError } from "@udevns/protocol";
import { AckPolicy, type ConsumerConfig, DeliverPolicy, nanos, ReplayPolicy } from "nats";
import type { Bus } from "./connect.ts";
import { Discarded } from "./discarded.ts";
import { Pull, type Pulled } from "./pull.ts";
import { streamError } from "./stream-error.ts";

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
  /** Called before the entry behind the gap: the log's limits dropped up to so many messages that were not read. */
  onDiscarded?(count: number): void;
  /** Told of each interruption; the reader goes on by itself. A refusal of the rights is told to the bus, and ends it. */
  onInterrupted?(reason: string): void;
}

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
  /** Of a log that is read from a sequence: elsewhere nothing can be missed. */
  readonly #discarded: Discarded | undefined;
  #epoch: string | undefined;
  #closed = false;
  /** Ends the reading that is under way. */
  #interrupt: () => void = () => undefined;
  #caughtUp = false;
  readonly #ended: Promise<void>;

  constructor(bus: Bus, options: LogReaderOptions) {
    this.#bus = bus;
    this.#options = options;
    if (typeof options.start === "object" && "sequence" in options.start) {
      this.#epoch = options.start.epoch;
      this.#discarded = new Discarded(options.start.sequence, (count) => this.#onDiscarded(count));
    }
    const forget = bus.onReconnect(() => this.#interrupt());
    this.#ended = this.#run().finally(forget);
  }

  /** Sequence of the last entry handled, or passed over at the start; 0 before the first. */
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

  async #run(): Promise<void> {
    while (!this.#closed && !this.#bus.nc.isClosed()) {
      try {
        await this.#makeConsumer();
        await this.#readUntilInterrupted();
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

  async #makeConsumer(): Promise<void> {
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
    // What "now" was: an interruption before the first entry must not move it.
    if (this.#options.start === "new") this.#position = Math.max(this.#position, info.delivered.stream_seq);
    if (info.num_pending === 0) this.#reportCaughtUp();
  }

  async #startedAnew(): Promise<boolean> {
    const { created, state } = await this.#bus.jsm.streams.info(this.#options.stream);
    const known = this.#epoch;
    this.#epoch = created;
    if (known === undefined || known === created) {
      // Here and not at the next entry alone: where all is dropped there may be none for long.
      this.#discarded?.passOver(state.first_seq);
      return false;
    }
    this.#position = 0;
    this.#discarded?.startAnew();
    this.#options.onInterrupted?.(`stream ${this.#options.stream} was made anew`);
    return true;
  }

  #startPolicy(anew: boolean): Partial<ConsumerConfig> {
    const { start } = this.#options;
    if (this.#position > 0) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#position + 1 };
    if (start === "last-per-subject") return { deliver_policy: DeliverPolicy.LastPerSubject };
    // In another life of the stream all is new.
    if (start === "new" && !anew) return { deliver_policy: DeliverPolicy.New };
    if (start === "new") return { deliver_policy: DeliverPolicy.All };
    if ("since" in start) return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: start.since.toISOString() };
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: anew ? 1 : Math.max(1, start.sequence) };
  }

  /** Resolves when the consumer gives nothing more, or the reader is closed, and the entry under way is dealt with. */
  #readUntilInterrupted(): Promise<void> {
    const { stream, consumer, onInterrupted } = this.#options;
    const queue: Pulled[] = [];
    let handling = false;
    let ended = false;
    return new Promise((resolve) => {
      const end = (reason: string | undefined) => {
        if (ended) return;
        ended = true;
        this.#interrupt = () => undefined;
        pull.close();
        if (reason !== undefined && !this.#closed) onInterrupted?.(reason);
        if (!handling) resolve();
      };
      const handleAll = async () => {
        handling = true;
        for (let next = queue.shift(); next !== undefined && !ended; next = queue.shift()) {
          if (this.#discarded?.isBehindGap(next.sequence)) {
            await this.#lookForDiscarded(next).catch((error: unknown) =>
              end(streamError(error, stream, this.#bus.url).message),
            );
            if (ended) break;
          }
          const waited = this.#handle(next);
          if (waited !== undefined) await waited;
          pull.handled();
        }
        handling = false;
        if (ended) resolve();
      };
      let delivered = 0;
      const pull = new Pull(this.#bus, stream, consumer, {
        onMessage: (pulled) => {
          delivered += 1;
          // Deliveries are numbered without gaps; a gap is a message that was lost on its way here.
          if (pulled.delivery !== delivered) return end("a message was lost on the way");
          queue.push(pulled);
          if (!handling) void handleAll();
        },
        onEnd: (reason) =>
          end(typeof reason === "string" ? reason : streamError(reason, stream, this.#bus.url).message),
      });
      this.#interrupt = () => end(undefined);
      if (this.#closed) end(undefined);
    });
  }

  #handle(pulled: Pulled): Promise<void> | undefined {
    const { sequence } = pulled;
    this.#discarded?.onHandled(sequence);
    const after = () => {
      this.#position = Math.max(this.#position, sequence);
      if (pulled.pending === 0) this.#reportCaughtUp();
    };
    const waited = sequence > this.#position ? this.#hand(pulled) : undefined;
    if (waited !== undefined) return waited.then(after);
    after();
    return undefined;
  }

  #hand({ message, sequence, pending, timeMs }: Pulled): Promise<void> | undefined {
    const { subject, data } = message;
    // Only a marker has no text, and only then its headers are worth reading.
    const operation = data.length === 0 ? message.headers?.get("KV-Operation") : undefined;
    const deleted = operation === "DEL" || operation === "PURGE";
    try {
      const entry = { sequence, subject, data, pending, time: new Date(timeMs), deleted };
      return this.#options.onEntry(entry)?.catch((error: unknown) => this.#onFault(error));
    } catch (error) {
      this.#onFault(error);
      return undefined;
    }
  }

  /** Waited for, so that whoever notes how far it has come cannot note that it has passed a gap that it does not know of. */
  async #lookForDiscarded({ sequence }: Pulled): Promise<void> {
    const { state } = await this.#bus.jsm.streams.info(this.#options.stream);
    this.#discarded?.passOver(Math.min(state.first_seq, sequence));
  }

  #onDiscarded(count: number): void {
    const { stream, consumer, onInterrupted, onDiscarded } = this.#options;
    onDiscarded?.(count);
    onInterrupted?.(new UdevnsError("UDEVNS_E_BUS_DISCARDED", { count, stream, consumer }).message);
  }

  #onFault(error: unknown): void {
    if (isUdevnsError(error, "UDEVNS_E_MESSAGE")) this.#bus.onMalformed(error);
    // A fault of the handler is no interruption: reading the same entry again would only meet it again.
    else
      queueMicrotask(() => {
        throw error;
      });
  }

  #reportCaughtUp(): void {
    if (this.#caughtUp) return;
    this.#caughtUp = true;
    this.#options.onCaughtUp?.();
  }
}
