import { LogReader } from "@udevns/bus";
import type { CompiledPolicy } from "@udevns/policy";
import {
  consumerNames,
  decode,
  isUdevnsError,
  type LogPosition,
  monotonicMicros,
  streamNames,
  subjects,
  token,
  UeventMessage,
} from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { missedEvents } from "./ask-capture.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Decider } from "./decider.ts";
import type { Feeds } from "./feeds.ts";
import type { Missed } from "./missed.ts";
import { Orders } from "./orders.ts";
import { type Past, readPast, type TermOptions } from "./past.ts";
import type { Reaction } from "./reaction.ts";
import type { Seam } from "./seam.ts";
import { Soon } from "./soon.ts";
import type { Turns } from "./turns.ts";

const CHECKPOINT_MS = 200;
/** The finest time that a rule can name is a minute. */
const CLOCK_MS = 20_000;

export interface HostPolicyOptions extends TermOptions {
  /** Of all hosts of this process: orders go first when there is much to do, and checkpoints then grow rarer and larger. */
  readonly checkpoints: Turns;
  /** Another decides for this host now; what was not stored by then never will be. */
  onFenced(): void;
}

/** Runs the decider of one host: its log in, orders out, levels written down behind it. */
export class HostPolicy {
  readonly #context: ServiceContext;
  readonly #onFenced: () => void;
  readonly #host: string;
  readonly #feeds: Feeds;
  readonly #turns: Turns;
  readonly #decider: Decider;
  readonly #checkpoint: Checkpoint;
  readonly #orders: Orders;
  readonly #seam: Seam;
  readonly #checkpoints = new Soon(CHECKPOINT_MS, () =>
    (this.#deciding ? this.#write() : Promise.resolve()).catch((error: unknown) => this.#end(error)),
  );
  readonly #missed: Missed;
  #stopped = false;
  /** Set once the past is folded in. */
  #beginning: Promise<void> | undefined;
  readonly #reader: LogReader;
  /** How much of the log is folded in by now. */
  #at: LogPosition;
  /** Hash of the policy whose gates are ordered; undefined where that is not known. */
  #gatesOf: string | undefined;
  /** False while events are only folded in: on a first start, as the log's past is nobody's order; later, as they are decided. */
  #deciding = false;

  private constructor({ context, host, feeds, checkpoints, onFenced }: HostPolicyOptions, past: Past) {
    this.#feeds = feeds;
    this.#turns = checkpoints;
    this.#context = context;
    this.#host = host;
    this.#onFenced = onFenced;
    this.#decider = past.decider;
    this.#checkpoint = past.checkpoint;
    this.#orders = new Orders(context, host, past.term, (error) => this.#end(error));
    this.#seam = past.seam;
    this.#missed = missedEvents({
      context,
      host,
      writeDown: () => this.#checkpoints.now(),
      onMended: () => this.#checkpoints.ask(),
    });
    if (past.missed) this.#missed.notice();
    const { position } = past;
    this.#gatesOf = past.gatesOf;
    this.#at = position ?? { sequence: 0, epoch: "" };
    this.#reader = this.#readUevents(position ? { ...position, sequence: position.sequence + 1 } : { sequence: 1 });
  }

  /** Begins a term. @throws UDEVNS_E_STREAM_MISSING */
  static async start(options: HostPolicyOptions): Promise<HostPolicy> {
    return new HostPolicy(options, await readPast(options));
  }

  get decider(): Decider {
    return this.#decider;
  }

  /** Puts another policy in force; only the difference is carried out. `revision` tells this time from every other. */
  apply(policy: CompiledPolicy, revision: string | number): void {
    if (!this.#deciding) {
      this.#decider.adopt(policy);
      return;
    }
    this.#carry(this.#decider.onPolicy(policy, revision));
    this.#gatesOf = policy.hash;
  }

  /** Ends the term in order. */
  async close(): Promise<void> {
    await this.#stop((reader) => reader.close());
    await this.#orders.flush();
    if (this.#deciding) await this.#write();
  }

  /** Ends at once and writes nothing: another's term has begun, and the consumers' names are its own by now. */
  async abandon(): Promise<void> {
    this.#orders.abandon();
    await this.#stop((reader) => reader.abandon());
  }

  async #stop(end: (reader: LogReader) => Promise<void>): Promise<void> {
    this.#stopped = true;
    this.#missed.stop();
    for (const feed of [this.#feeds.containers, this.#feeds.claims]) feed.leave(token(this.#host));
    await end(this.#reader);
    await this.#checkpoints.stop();
  }

  /** Rules with a time in them change their minds without any event. */
  #watchClock(): void {
    const timer = setInterval(() => {
      if (this.#stopped) clearInterval(timer);
      else if (this.#deciding && this.#decider.policy.timed)
        this.#carry(this.#decider.replanAll(`clock:${Date.now()}`));
    }, CLOCK_MS);
    timer.unref();
  }

  #readUevents(start: { sequence: number; epoch?: string }): LogReader {
    const { bus, counters, log } = this.#context;
    const reader = new LogReader(bus, {
      stream: streamNames.uevent(this.#host),
      consumer: consumerNames.policy(this.#host),
      filter: subjects.uevents(this.#host),
      start,
      onEntry: ({ sequence, subject, data, pending }) => {
        if (pending === 0) this.#missed.onCaughtUp();
        const event = decode(UeventMessage, data, subject);
        const at = { sequence, epoch: reader.epoch };
        const room = this.#orders.room();
        // An event by itself waits for nothing.
        if (this.#deciding && room === undefined) return this.#decide(event, at);
        return this.#onUevent(event, at, room);
      },
      onCaughtUp: () => void this.#begin().then(() => this.#missed.onCaughtUp()),
      onDiscarded: (count) => {
        counters.add("uevents_discarded", count);
        this.#missed.notice();
      },
      onInterrupted: (reason) => {
        counters.add("interruptions");
        log.warn({ reason }, "reading was interrupted");
      },
    });
    return reader;
  }

  async #onUevent(event: UeventMessage, at: LogPosition, room: Promise<void> | undefined): Promise<void> {
    await Promise.all([this.#beginning, room]);
    if (!this.#deciding && this.#seam.isPassedBy(at)) await this.#begin();
    if (this.#deciding || this.#seam.isHalfDecided(event)) return this.#decide(event, at);
    this.#decider.fold(event);
    this.#at = at;
  }

  #decide(event: UeventMessage, at: LogPosition): void {
    const hops = { ...event.hops };
    const { orders, decisions } = this.#decider.onUevent(event, hops);
    // On another machine the clock is another one.
    if (event.boot === this.#context.boot) hops.policy = monotonicMicros();
    this.#carry({ orders: this.#seam.missing(orders), decisions }, at);
    this.#at = at;
  }

  /** The past is folded in: from now on every change is decided, and first what has changed while nobody decided. */
  #begin(): Promise<void> {
    this.#beginning ??= this.#beginOnce().catch((error: unknown) => this.#end(error));
    return this.#beginning;
  }

  async #beginOnce(): Promise<void> {
    if (this.#at.epoch === "") this.#at = { sequence: 0, epoch: this.#reader.epoch };
    // Written down before the first decision, so that after a crash nobody takes what was ordered for not decided yet.
    await this.#write();
    if (this.#stopped) return;
    this.#deciding = true;
    this.#missed.begin();
    // What another policy had gated may have to be opened.
    const { hash } = this.#decider.policy;
    this.#carry(this.#decider.replanAll(startCause(), this.#gatesOf === hash ? "as told" : "anew"));
    this.#gatesOf = hash;
    this.#feeds.containers.follow(token(this.#host), (now, { name }, revision) =>
      this.#carry(this.#decider.onContainer(name, now, revision)),
    );
    this.#feeds.claims.follow(token(this.#host), (now, { unit }, revision) =>
      this.#carry(this.#decider.onClaim(unit, now, revision)),
    );
    this.#watchClock();
  }

  #carry(reaction: Reaction, after = this.#at): void {
    this.#orders.carry(reaction, after);
    this.#checkpoints.ask();
  }

  #end(error: unknown): void {
    if (this.#stopped) return;
    if (isUdevnsError(error, "UDEVNS_E_BUS_FENCED")) this.#onFenced();
    else this.#context.fail(error);
  }

  async #write(): Promise<void> {
    // Taken at one moment: a level whose order is not stored yet would, after a crash, count as carried out.
    const [at, gatesOf] = [this.#at, this.#gatesOf];
    const missed = this.#missed.open ? { missed: true as const } : {};
    const levels = this.#decider.checkpoint();
    // Before its turn: one host's outage must not keep the others' levels from being written.
    const orders = await this.#orders.last();
    const position = { ...at, orders, ...(gatesOf === undefined ? {} : { policy: gatesOf }), ...missed };
    await this.#turns.run(() => this.#checkpoint.write(levels, position));
  }
}

/** Each start is a cause of its own: what was given after an earlier one may have been taken since. */
const startCause = (): string => `start:${process.pid}-${Date.now()}`;
