import { Bucket, LogReader, LogWriter, parseJson, say } from "@udevns/bus";
import type { CompiledPolicy } from "@udevns/policy";
import {
  bucketNames,
  Claim,
  ContainerRecord,
  checked,
  consumerNames,
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

const CHECKPOINT_MS = 200;

/** Runs the decider of one host: its log in, orders out, levels written down behind it. */
export class HostPolicy {
  readonly #context: ServiceContext;
  readonly #host: string;
  readonly #decider: Decider;
  readonly #checkpoint: Checkpoint;
  readonly #writer: LogWriter;
  readonly #closers: (() => Promise<void>)[] = [];
  #reader: LogReader | undefined;
  #lastOrder: Promise<unknown> = Promise.resolve();
  /** False while events are only folded in: on a first start, the log's past is nobody's order. */
  #deciding: boolean;

  private constructor(
    context: ServiceContext,
    host: string,
    decider: Decider,
    checkpoint: Checkpoint,
    writer: LogWriter,
    deciding: boolean,
  ) {
    this.#context = context;
    this.#host = host;
    this.#decider = decider;
    this.#checkpoint = checkpoint;
    this.#writer = writer;
    this.#deciding = deciding;
  }

  static async start(
    context: ServiceContext,
    host: string,
    policy: CompiledPolicy,
    hostUdev: boolean,
  ): Promise<HostPolicy> {
    const { bus } = context;
    const decider = new Decider({ host, policy, hostUdev, now: () => new Date() });
    const checkpoint = new Checkpoint(bus, host);
    const position = await checkpoint.load(decider);
    const writer = await LogWriter.open(bus, streamNames.devnode(host));
    const running = new HostPolicy(context, host, decider, checkpoint, writer, position !== undefined);
    if (position !== undefined) running.#carry(decider.replanAll(startCause()));
    running.#readUevents(
      position === undefined ? { sequence: 1 } : { sequence: position.sequence + 1, epoch: position.epoch },
    );
    running.#followContainers();
    running.#followClaims();
    running.#writeCheckpoints();
    return running;
  }

  get decider(): Decider {
    return this.#decider;
  }

  /** Puts another policy in force; only the difference is carried out. */
  apply(policy: CompiledPolicy, revision: number): void {
    this.#carry(this.#decider.onPolicy(policy, revision));
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    await this.#writer.flush();
    await this.#write();
  }

  #readUevents(start: { sequence: number; epoch?: string }): void {
    const { bus, counters, log } = this.#context;
    const reader = new LogReader(bus, {
      stream: streamNames.uevent(this.#host),
      consumer: consumerNames.policy(this.#host),
      filter: subjects.uevents(this.#host),
      start,
      onEntry: ({ subject, data }) =>
        this.#guarded(() => this.#onUevent(checked(UeventMessage, parseJson(data, subject), subject))),
      onCaughtUp: () => {
        if (this.#deciding) return;
        this.#deciding = true;
        this.#carry(this.#decider.replanAll(startCause()));
      },
      onInterrupted: (reason) => {
        counters.add("interruptions");
        log.warn({ reason }, "reading was interrupted");
      },
    });
    this.#reader = reader;
    this.#closers.push(() => reader.close());
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
      onEntry: (key, value, revision) =>
        this.#guarded(() => {
          const record = value === undefined ? undefined : checked(ContainerRecord, JSON.parse(value), key);
          if (record !== undefined) names.set(key, record.name);
          const name = names.get(key) ?? untoken(key.slice(prefix.length));
          if (name !== undefined) this.#carry(this.#decider.onContainer(name, record, revision));
        }),
    });
    this.#closers.push(() => reader.close());
  }

  #followClaims(): void {
    const units = new Map<string, string>();
    const reader = new Bucket(this.#context.bus, bucketNames.claims).follow({
      consumer: consumerNames.policyClaims(this.#host),
      prefix: `${token(this.#host)}.`,
      onEntry: (key, value, revision) =>
        this.#guarded(() => {
          const claim = value === undefined ? undefined : checked(Claim, JSON.parse(value), key);
          if (claim !== undefined) units.set(key, claim.unit);
          const unit = units.get(key);
          if (unit !== undefined) this.#carry(this.#decider.onClaim(unit, claim, revision));
        }),
    });
    this.#closers.push(() => reader.close());
  }

  #carry({ orders, decisions }: Reaction): void {
    const { bus, counters, fail } = this.#context;
    for (const order of orders) {
      counters.add(`orders_${order.kind}`);
      const stored = this.#writer.publish(subjects.devnodeWork(this.#host, order.container.name), order, order.id);
      stored.catch(fail);
      this.#lastOrder = stored;
    }
    for (const decision of decisions) {
      counters.add(`decisions_${decision.verdict}`);
      say(bus, subjects.audit(this.#host, "decision"), decision);
    }
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!isUdevnsError(error, "UDEVNS_E_MESSAGE")) throw error;
      this.#context.counters.add("messages_dropped");
      this.#context.log.error({ code: error.code }, error.message);
    }
  }

  #writeCheckpoints(): void {
    let stopped = false;
    const loop = (async () => {
      while (!stopped) {
        await new Promise((resolve) => setTimeout(resolve, CHECKPOINT_MS));
        if (!stopped) await this.#write();
      }
    })();
    loop.catch(this.#context.fail);
    this.#closers.push(async () => {
      stopped = true;
      await loop;
    });
  }

  async #write(): Promise<void> {
    const reader = this.#reader;
    if (reader === undefined || reader.epoch === "" || !this.#deciding) return;
    const position = { sequence: reader.position, epoch: reader.epoch };
    await this.#lastOrder.catch(() => undefined);
    await this.#checkpoint.write(this.#decider, position);
  }
}

/** Each start is a cause of its own: what was given after an earlier one may have been taken since. */
const startCause = (): string => `start:${process.pid}-${Date.now()}`;
