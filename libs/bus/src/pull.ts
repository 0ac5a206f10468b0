import { createInbox, type Msg, type NatsError, nanos, type Subscription } from "nats";
import type { Bus } from "./connect.ts";

/** A message as a consumer delivers it; its place is told in the subject that an acknowledgement would go to (ADR-15 of NATS). */
export interface Pulled {
  readonly message: Msg;
  readonly sequence: number;
  /** Counts this consumer's deliveries, without gaps. */
  readonly delivery: number;
  readonly timeMs: number;
  readonly pending: number;
}

export interface PullHandlers {
  onMessage(pulled: Pulled): void;
  /** Called once; nothing comes after it. */
  onEnd(reason: string | NatsError): void;
}

/** Messages that may be under way or unhandled; the rest waits in the stream. */
const BATCH = 512;
const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 1_000;
/** Two heartbeats may be missed; the third is a server that has forgotten us. */
const SILENCE_MS = 3 * HEARTBEAT_MS;

/**
 * Pulls a consumer's messages with a callback for each. The client's own `consume` hands each through an iterator, some promises
 * and a decoded header, which together cost more than all that is done with the message.
 */
export class Pull {
  readonly #bus: Bus;
  readonly #subject: string;
  readonly #inbox: string;
  readonly #handlers: PullHandlers;
  readonly #subscription: Subscription;
  #watch: NodeJS.Timeout | undefined;
  /** Asked for and not yet handled. */
  #wanted = 0;
  /** Asked for and not yet here: the server sends heartbeats only while there are such. */
  #awaited = 0;
  #heardAt = performance.now();
  #ended = false;

  constructor(bus: Bus, stream: string, consumer: string, handlers: PullHandlers) {
    this.#bus = bus;
    this.#subject = `${bus.api}.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#inbox = createInbox(bus.inboxPrefix);
    this.#handlers = handlers;
    this.#subscription = bus.nc.subscribe(this.#inbox, { callback: (error, message) => this.#hear(error, message) });
    this.#ask();
    this.#look();
  }

  /** Says that a message is dealt with, so that another may come. */
  handled(): void {
    this.#wanted -= 1;
    if (this.#wanted <= BATCH / 2) this.#ask();
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#watch);
    if (!this.#bus.nc.isClosed()) this.#subscription.unsubscribe();
  }

  #ask(): void {
    if (this.#ended || this.#bus.nc.isClosed()) return;
    const batch = BATCH - this.#wanted;
    this.#wanted = BATCH;
    // The time before there was anything to wait for is no silence.
    if (this.#awaited === 0) this.#heardAt = performance.now();
    this.#awaited += batch;
    const request = { batch, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) };
    this.#bus.publish(this.#subject, JSON.stringify(request), this.#inbox);
  }

  #hear(error: NatsError | null, message: Msg): void {
    if (this.#ended) return;
    this.#heardAt = performance.now();
    const place = error === null ? placeOf(message.reply) : undefined;
    if (error !== null) this.#end(error);
    else if (place !== undefined) {
      this.#awaited -= 1;
      this.#handlers.onMessage({ message, ...place });
    } else if (message.subject === this.#inbox) this.#hearStatus(message);
  }

  #hearStatus({ headers }: Msg): void {
    const code = headers?.code ?? 0;
    const description = headers?.description ?? "";
    switch (code) {
      // A heartbeat.
      case 100:
        return;
      // A request that has run its time; the header says how much of it was not served.
      case 408:
        this.#giveBack(Number(headers?.get("Nats-Pending-Messages") ?? 0));
        this.#ask();
        return;
      default:
        // 409: the consumer is deleted or has moved to another server; 503: nobody answers for it; 404, 400: it is none any more.
        this.#end(`${code} ${description}`);
    }
  }

  #giveBack(unserved: number): void {
    this.#wanted -= unserved;
    this.#awaited -= unserved;
  }

  /** Looks again when it could have been silent for too long, and no sooner. */
  #look(): void {
    if (this.#ended) return;
    const left = this.#awaited > 0 ? this.#heardAt + SILENCE_MS - performance.now() : HEARTBEAT_MS;
    if (left > 0) this.#watch = setTimeout(() => this.#look(), Math.ceil(left));
    // Behind the input: what came while we were busy is not heard yet.
    else setImmediate(() => (this.#isSilent() ? this.#end("the server has said nothing for too long") : this.#look()));
  }

  #isSilent(): boolean {
    return !this.#ended && this.#awaited > 0 && performance.now() - this.#heardAt >= SILENCE_MS;
  }

  #end(reason: string | NatsError): void {
    if (this.#ended) return;
    this.close();
    this.#handlers.onEnd(reason);
  }
}

/**
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<delivery>.<ns>.<pending>`; newer servers put the domain and the account's hash
 * before the stream, and may put a token behind the rest.
 */
function placeOf(reply: string | undefined): Omit<Pulled, "message"> | undefined {
  if (reply === undefined || !reply.startsWith("$JS.ACK.")) return undefined;
  const tokens = reply.split(".");
  const at = tokens.length === 9 ? 5 : 7;
  return {
    sequence: Number(tokens[at]),
    delivery: Number(tokens[at + 1]),
    timeMs: Number(tokens[at + 2]) / 1e6,
    pending: Number(tokens[at + 3]),
  };
}
