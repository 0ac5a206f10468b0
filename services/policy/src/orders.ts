import { type LogWriter, say } from "@udevns/bus";
import { type DevnodeWork, isUdevnsError, type LogPosition, subjects } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import type { Reaction } from "./reaction.ts";

/** Orders that may wait to be stored. */
const MAX_PENDING = 1_024;

/** The way out of one term: its orders into the host's log, and what is told to people when they are stored. */
export class Orders {
  readonly #context: ServiceContext;
  readonly #host: string;
  readonly #writer: LogWriter;
  readonly #onFault: (error: unknown) => void;
  #last: Promise<number>;

  constructor(
    context: ServiceContext,
    host: string,
    term: { readonly writer: LogWriter; readonly sequence: number },
    onFault: (error: unknown) => void,
  ) {
    this.#context = context;
    this.#host = host;
    this.#writer = term.writer;
    this.#last = Promise.resolve(term.sequence);
    this.#onFault = onFault;
  }

  /** The last one that was ordered by now; resolves when it is stored. */
  async last(): Promise<LogPosition> {
    return { sequence: await this.#last, epoch: this.#writer.epoch };
  }

  /** Undefined where more may be ordered at once; else it resolves when that is so. */
  room(): Promise<void> | undefined {
    return this.#writer.pending > MAX_PENDING ? this.#writer.room(MAX_PENDING) : undefined;
  }

  /** @param after how much of the log is decided with these */
  carry({ orders, decisions }: Reaction, after: LogPosition): void {
    const { bus, counters } = this.#context;
    for (const order of orders) {
      counters.add(`orders_${order.kind}`);
      this.#last = this.#order({ ...order, after }, this.#last);
    }
    for (const decision of decisions) {
      counters.add(`decisions_${decision.verdict}`);
      // Said when it holds: a replica that lost its lease must not tell of what it would have done.
      this.#last.then(
        () => say(bus, subjects.audit(this.#host, "decision"), decision),
        () => undefined,
      );
    }
  }

  /** Resolves when all is stored. */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  /** Another's term has begun. */
  abandon(): void {
    this.#writer.abandon();
  }

  /** @returns the sequence of the last order that is stored when this one is, or has been given up */
  #order(order: DevnodeWork & { after: LogPosition }, before: Promise<number>): Promise<number> {
    const subject = subjects.devnodeWork(this.#host, order.container.name);
    const stored = this.#writer.publish(subject, order, order.id).catch((error: unknown) => {
      // It was counted; all others still hold.
      if (isUdevnsError(error, "UDEVNS_E_BUS_UNFIT")) return before;
      throw error;
    });
    stored.catch(this.#onFault);
    return stored;
  }
}
