import { Bucket, LogReader, type LogWriter, say } from "@udevns/bus";
import type { CompiledPolicy } from "@udevns/policy";
import {
  bucketNames,
  Claim,
  ContainerRecord,
  consumerNames,
  decode,
  isUdevnsError,
  monotonicMicros,
  streamNames,
  subjects,
  token,
  UeventMessage,
  untoken,
} from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { Checkpoint } from "./checkpoint.ts";
import { Decider, type Reaction } from "./decider.ts";
import { hasUdev, once } from "./host-udev.ts";
import { beginTerm } from "./term.ts";

const CHECKPOINT_MS = 200;
/** The finest time that a rule can name is a minute. */
const CLOCK_MS = 20_000;

export interface HostPolicyOptions {
  readonly context: ServiceContext;
  readonly host: string;
  /** Who decides: written into the log when the term begins. */
  readonly replica: string;
  readonly policy: CompiledPolicy;
  /** Another decides for this host now; what was not stored by then never will be. */
  onFenced(): void;
}

/** Runs the decider of one host: its log in, orders out, levels written down behind it. */
export class HostPolicy {
  readonly #context: ServiceContext;
  readonly #onFenced: () => void;
  readonly #host: string;
  readonly #decider: Decider;
  readonly #checkpoint: Checkpoint;
  readonly #writer: LogWriter;
  readonly #readers: LogReader[] = [];
  #checkpointing: Promise<void> = Promise.resolve();
  #stopped = false;
  #beginning: Promise<void> = Promise.resolve();
  #reader: LogReader | undefined;
  #lastOrder: Promise<unknown> = Promise.resolve();
  /** False while events are only folded in: on a first start, the log's past is nobody's order. */
  #deciding: boolean;

  private constructor(
    { context, host, onFenced }: HostPolicyOptions,
    decider: Decider,
    checkpoint: Checkpoint,
    writer: LogWriter,
    deciding: boolean,
  ) {
    this.#context = context;
    this.#host = host;
    this.#onFenced = onFenced;
    this.#decider = decider;
    this.#checkpoint = checkpoint;
    this.#writer = writer;
    this.#deciding = deciding;
  }

  /** Begins a term. @throws UDEVNS_E_STREAM_MISSING */
  static async start(options: HostPolicyOptions): Promise<HostPolicy> {
    const { context, host, replica, policy } = options;
    const { bus } = context;
    const decider: Decider = new Decider({
      host,
      policy,
      hostUdev: once(() => hasUdev(context, host, decider.devices.all())),
      now: () => new Date(),
    });
    const checkpoint = new Checkpoint(bus, host);
    // The term first, the levels second: what an earlier holder still had under way is in the log by now, or refused.
    const writer = await beginTerm(bus, host, replica);
    const position = await checkpoint.load(decider);
    const running = new HostPolicy(options, decider, checkpoint, writer, position !== undefined);
    if (position !== undefined) running.#carry(decider.replanAll(startCause()));
    running.#readUevents(
      position === undefined ? { sequence: 1 } : { sequence: position.sequence + 1, epoch: position.epoch },
    );
    running.#followContainers();
    running.#followClaims();
    running.#writeCheckpoints();
    running.#watchClock();
    return running;
  }

  get decider(): Decider {
    return this.#decider;
  }

  /** Puts another policy in force; only the difference is carried out. `revision` tells this time from every other. */
  apply(policy: CompiledPolicy, revision: string | number): void {
    this.#carry(this.#decider.onPolicy(policy, revision));
  }

  /** Ends the term in order. */
  async close(): Promise<void> {
    await this.#stop((reader) => reader.close());
    await this.#writer.flush();
    if (this.#deciding) await this.#write();
  }

  /** Ends at once and writes nothing: another's term has begun, and the consumers' names are its own by now. */
  async abandon(): Promise<void> {
    await this.#stop((reader) => reader.abandon());
  }

  async #stop(end: (reader: LogReader) => Promise<void>): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#readers.map(end));
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

  #readUevents(start: { sequence: number; epoch?: string }): void {
    const { bus, counters, log } = this.#context;
    const reader = new LogReader(bus, {
      stream: streamNames.uevent(this.#host),
      consumer: consumerNames.policy(this.#host),
      filter: subjects.uevents(this.#host),
      start,
      onEntry: async ({ subject, data }) => {
        await this.#beginning;
        this.#onUevent(decode(UeventMessage, data, subject));
      },
      onCaughtUp: () => {
        if (!this.#deciding) this.#beginning = this.#begin().catch((error: unknown) => this.#end(error));
      },
      onInterrupted: (reason) => {
        counters.add("interruptions");
        log.warn({ reason }, "reading was interrupted");
      },
    });
    this.#reader = reader;
    this.#readers.push(reader);
  }

  /**
   * The past is folded in. It is written down before the first decision: whoever follows after a crash must decide by the same
   * events again, so that the orders have the same ids.
   */
  async #begin(): Promise<void> {
    await this.#write();
    this.#deciding = true;
    this.#carry(this.#decider.replanAll(startCause()));
  }

  #onUevent(event: UeventMessage): void {
    if (!this.#deciding) {
      this.#decider.fold(event);
      return;
    }
    const hops = { ...event.hops };
    const reaction = this.#decider.onUevent(event, hops);
    // On another machine the clock is another one.
    if (event.boot === this.#context.boot) hops.policy = monotonicMicros();
    this.#carry(reaction);
  }

  #followContainers(): void {
    const names = new Map<string, string>();
    const prefix = `${token(this.#host)}.`;
    const reader = new Bucket(this.#context.bus, bucketNames.containers).follow({
      consumer: consumerNames.policyContainers(this.#host),
      prefix,
      onEntry: (key, value, revision) => {
        const record = value === undefined ? undefined : decode(ContainerRecord, value, key);
        if (record !== undefined) names.set(key, record.name);
        const name = names.get(key) ?? untoken(key.slice(prefix.length));
        if (name !== undefined) this.#carry(this.#decider.onContainer(name, record, revision));
      },
    });
    this.#readers.push(reader);
  }

  #followClaims(): void {
    const units = new Map<string, string>();
    const reader = new Bucket(this.#context.bus, bucketNames.claims).follow({
      consumer: consumerNames.policyClaims(this.#host),
      prefix: `${token(this.#host)}.`,
      onEntry: (key, value, revision) => {
        const claim = value === undefined ? undefined : decode(Claim, value, key);
        if (claim !== undefined) units.set(key, claim.unit);
        const unit = units.get(key);
        if (unit !== undefined) this.#carry(this.#decider.onClaim(unit, claim, revision));
      },
    });
    this.#readers.push(reader);
  }

  #carry({ orders, decisions }: Reaction): void {
    const { bus, counters } = this.#context;
    for (const order of orders) {
      counters.add(`orders_${order.kind}`);
      const stored = this.#writer.publish(subjects.devnodeWork(this.#host, order.container.name), order, order.id);
      stored.catch((error: unknown) => this.#end(error));
      this.#lastOrder = stored;
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
    const reader = this.#reader;
    if (reader === undefined || reader.epoch === "") return;
    const position = { sequence: reader.position, epoch: reader.epoch };
    // Taken at one moment: a level whose order is not stored yet would, after a crash, count as carried out.
    const levels = this.#decider.checkpoint();
    await this.#lastOrder;
    await this.#checkpoint.write(levels, position);
  }
}

/** Each start is a cause of its own: what was given after an earlier one may have been taken since. */
const startCause = (): string => `start:${process.pid}-${Date.now()}`;
