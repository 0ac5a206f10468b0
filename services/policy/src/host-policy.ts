import { LogReader, type LogWriter, say } from "@udevns/bus";
import type { CompiledPolicy } from "@udevns/policy";
import {
  consumerNames,
  type DevnodeWork,
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
import { Checkpoint } from "./checkpoint.ts";
import { Decider, type Reaction } from "./decider.ts";
import type { Feeds } from "./feeds.ts";
import { hasUdev, once } from "./host-udev.ts";
import { Seam } from "./seam.ts";
import { readTail } from "./tail.ts";
import { beginTerm } from "./term.ts";
import type { Turns } from "./turns.ts";

const CHECKPOINT_MS = 200;
/** Orders that may wait to be stored; past it no event is read. */
const MAX_PENDING = 1_024;
/** The finest time that a rule can name is a minute. */
const CLOCK_MS = 20_000;

export interface HostPolicyOptions {
  readonly context: ServiceContext;
  readonly host: string;
  /** Who decides: written into the log when the term begins. */
  readonly replica: string;
  readonly policy: CompiledPolicy;
  readonly feeds: Feeds;
  /** Of all hosts of this process: orders go first when there is much to do, and checkpoints then grow rarer and larger. */
  readonly checkpoints: Turns;
  /** Another decides for this host now; what was not stored by then never will be. */
  onFenced(): void;
}

/** What a term begins with. */
interface Past {
  readonly decider: Decider;
  readonly checkpoint: Checkpoint;
  readonly term: Awaited<ReturnType<typeof beginTerm>>;
  readonly seam: Seam;
  /** Undefined before the first checkpoint. */
  readonly position?: LogPosition;
  /** Hash of the policy whose gates were ordered last. */
  readonly gatesOf?: string | undefined;
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
  readonly #writer: LogWriter;
  readonly #seam: Seam;
  #checkpointing: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Set once the past is folded in. */
  #beginning: Promise<void> | undefined;
  readonly #reader: LogReader;
  /** Resolves with its sequence when it is stored. */
  #lastOrder: Promise<number>;
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
    this.#writer = past.term.writer;
    this.#lastOrder = Promise.resolve(past.term.sequence);
    this.#seam = past.seam;
    const { position } = past;
    this.#gatesOf = past.gatesOf;
    this.#at = position ?? { sequence: 0, epoch: "" };
    this.#reader = this.#readUevents(position ? { ...position, sequence: position.sequence + 1 } : { sequence: 1 });
    this.#writeCheckpoints();
  }

  /** Begins a term. @throws UDEVNS_E_STREAM_MISSING */
  static async start(options: HostPolicyOptions): Promise<HostPolicy> {
    const { context, host, replica, policy, feeds } = options;
    const { bus } = context;
    const decider: Decider = new Decider({
      host,
      policy,
      hostUdev: once(() => hasUdev(context, host, decider.devices.all())),
      now: () => new Date(),
    });
    const checkpoint = new Checkpoint(bus, host);
    // The term first, the levels second: what an earlier holder still had under way is in the log by now, or refused.
    const term = await beginTerm(bus, host, replica);
    const written = await checkpoint.load(decider);
    for (const container of feeds.containers.of(token(host))) decider.load({ container });
    for (const claim of feeds.claims.of(token(host))) decider.load({ claim });
    if (written === undefined) return new HostPolicy(options, { decider, checkpoint, term, seam: new Seam(undefined) });
    const { orders, policy: gatesOf, ...position } = written;
    const tail = await readTail(bus, host, orders);
    for (const order of tail) decider.recall(order);
    return new HostPolicy(options, { decider, checkpoint, term, seam: new Seam(tail), position, gatesOf });
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
    await this.#writer.flush();
    if (this.#deciding) await this.#write();
  }

  /** Ends at once and writes nothing: another's term has begun, and the consumers' names are its own by now. */
  async abandon(): Promise<void> {
    this.#writer.abandon();
    await this.#stop((reader) => reader.abandon());
  }

  async #stop(end: (reader: LogReader) => Promise<void>): Promise<void> {
    this.#stopped = true;
    for (const feed of [this.#feeds.containers, this.#feeds.claims]) feed.leave(token(this.#host));
    await end(this.#reader);
    await this.#checkpointing;
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
      onEntry: async ({ sequence, subject, data }) => {
        await this.#beginning;
        await this.#onUevent(decode(UeventMessage, data, subject), { sequence, epoch: reader.epoch });
      },
      onCaughtUp: () => void this.#begin(),
      onInterrupted: (reason) => {
        counters.add("interruptions");
        log.warn({ reason }, "reading was interrupted");
      },
    });
    return reader;
  }

  async #onUevent(event: UeventMessage, at: LogPosition): Promise<void> {
    if (!this.#deciding && this.#seam.isPassedBy(at)) await this.#begin();
    if (this.#writer.pending > MAX_PENDING) await this.#writer.room(MAX_PENDING);
    if (this.#deciding || this.#seam.isHalfDecided(event)) this.#decide(event, at);
    else this.#decider.fold(event);
    this.#at = at;
  }

  #decide(event: UeventMessage, at: LogPosition): void {
    const hops = { ...event.hops };
    const { orders, decisions } = this.#decider.onUevent(event, hops);
    // On another machine the clock is another one.
    if (event.boot === this.#context.boot) hops.policy = monotonicMicros();
    this.#carry({ orders: this.#seam.missing(orders), decisions }, at);
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

  /** @param after how much of the log is decided with these */
  #carry({ orders, decisions }: Reaction, after = this.#at): void {
    const { bus, counters } = this.#context;
    for (const order of orders) {
      counters.add(`orders_${order.kind}`);
      this.#lastOrder = this.#order({ ...order, after }, this.#lastOrder);
    }
    for (const decision of decisions) {
      counters.add(`decisions_${decision.verdict}`);
      // Said when it holds: a replica that lost its lease must not tell of what it would have done.
      this.#lastOrder.then(
        () => say(bus, subjects.audit(this.#host, "decision"), decision),
        () => undefined,
      );
    }
  }

  /** @returns the sequence of the last order that is stored when this one is, or has been given up */
  #order(order: DevnodeWork & { after: LogPosition }, before: Promise<number>): Promise<number> {
    const subject = subjects.devnodeWork(this.#host, order.container.name);
    const stored = this.#writer.publish(subject, order, order.id).catch((error: unknown) => {
      // It was counted; all others still hold.
      if (isUdevnsError(error, "UDEVNS_E_BUS_UNFIT")) return before;
      throw error;
    });
    stored.catch((error: unknown) => this.#end(error));
    return stored;
  }

  #end(error: unknown): void {
    if (this.#stopped) return;
    if (isUdevnsError(error, "UDEVNS_E_BUS_FENCED")) this.#onFenced();
    else this.#context.fail(error);
  }

  #writeCheckpoints(): void {
    this.#checkpointing = (async () => {
      while (!this.#stopped) {
        await new Promise((resolve) => setTimeout(resolve, CHECKPOINT_MS));
        if (!this.#stopped && this.#deciding) await this.#write();
      }
    })().catch((error: unknown) => this.#end(error));
  }

  async #write(): Promise<void> {
    // Taken at one moment: a level whose order is not stored yet would, after a crash, count as carried out.
    const [at, gatesOf] = [this.#at, this.#gatesOf];
    const levels = this.#decider.checkpoint();
    // Before its turn: one host's outage must not keep the others' levels from being written.
    const sequence = await this.#lastOrder;
    const position = {
      ...at,
      orders: { sequence, epoch: this.#writer.epoch },
      ...(gatesOf === undefined ? {} : { policy: gatesOf }),
    };
    await this.#turns.run(() => this.#checkpoint.write(levels, position));
  }
}

/** Each start is a cause of its own: what was given after an earlier one may have been taken since. */
const startCause = (): string => `start:${process.pid}-${Date.now()}`;
