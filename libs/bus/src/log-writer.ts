import { UdevnsError } from "@udevns/protocol";
import { Backlog } from "./backlog.ts";
import type { Bus } from "./connect.ts";
import { type Fate, fateOf, unfitError } from "./fate.ts";
import { idsOf, lastSequence } from "./log-end.ts";
import { streamInfo } from "./stream-error.ts";

/** How many messages may be under way at once, by default. */
const WINDOW = 256;
const RETRY_MS = 200;

interface Entry {
  readonly subject: string;
  readonly payload: string;
  readonly id: string;
  /** Its place among all that were handed in. */
  readonly place: number;
  resolve(sequence: number): void;
  reject(error: Error): void;
}

/** Which stream, and where it stood. */
interface Opened {
  readonly stream: string;
  readonly epoch: string;
  readonly lastSequence: number;
  readonly window: number;
}

/**
 * Writes a stream that has one writer: in order, each message once, as fast as the window allows.
 *
 * Every message states the sequence it expects before it (`Nats-Expected-Last-Sequence`). So a message that was lost on the way
 * makes the server refuse the ones behind it, instead of storing them out of order. After a refusal or an outage the writer waits
 * until nothing is under way, reads what stands behind the last sequence that it knows to be its own, and sends the rest again
 * under the same Msg-Ids. What stands there and is not its own is another writer's, and ends it (ADR-0001).
 */
export class LogWriter {
  readonly #bus: Bus;
  readonly #stream: string;
  readonly #window: number;
  /** When the stream was made, as found at the start: its sequences are of that life. */
  readonly epoch: string;
  readonly #waiting: Entry[] = [];
  #failed: { entry: Entry; fate: Fate }[] = [];
  #underWay = 0;
  /** Handed in and neither stored nor given up. */
  readonly #open = new Backlog();
  /** Sequence that the next message shall find before it. */
  #expected: number;
  /** Everything up to here is ours, or was found at the start. */
  #stored: number;
  /** Ours too, with a gap before them that is not accounted for yet. */
  readonly #ahead = new Set<number>();
  #recovering = false;
  #closed: UdevnsError | undefined;

  private constructor(bus: Bus, { stream, epoch, lastSequence, window }: Opened) {
    this.#bus = bus;
    this.#stream = stream;
    this.#window = window;
    this.epoch = epoch;
    this.#expected = lastSequence;
    this.#stored = lastSequence;
  }

  /** @throws UDEVNS_E_STREAM_MISSING */
  static async open(bus: Bus, stream: string, window = WINDOW): Promise<LogWriter> {
    const { created, state } = await streamInfo(bus, stream);
    return new LogWriter(bus, { stream, epoch: created, lastSequence: state.last_seq, window });
  }

  /** Messages handed in and not yet stored. */
  get pending(): number {
    return this.#open.size;
  }

  /**
   * Hands a message in. Resolves with its sequence when it is stored; an outage only delays that.
   * @param id the same for every attempt at the same message
   * @throws UDEVNS_E_BUS_FENCED when another process writes this stream; then every later call throws it too.
   * UDEVNS_E_BUS_UNFIT when the bus will never take it; what is behind it goes on.
   */
  publish(subject: string, message: unknown, id: string): Promise<number> {
    return this.publishText(subject, JSON.stringify(message), id);
  }

  publishText(subject: string, payload: string, id: string): Promise<number> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ subject, payload, id, place: this.#open.add(), resolve, reject });
      this.#pump();
    });
  }

  /** Resolves when all that was handed in before is stored, or given up; what comes behind it is not waited for. */
  async flush(): Promise<void> {
    await this.#open.flushed();
  }

  /** Resolves when at most so many are not stored yet, or none will be any more. */
  async room(atMost: number): Promise<void> {
    await this.#open.room(atMost);
  }

  /** Sends nothing any more and stores nothing on purpose: another writes this stream now. What is under way may still be stored. */
  abandon(): void {
    if (this.#closed === undefined) this.#close(this.#fenced(this.#stored), []);
  }

  #pump(): void {
    while (
      this.#closed === undefined &&
      !this.#recovering &&
      this.#waiting.length > 0 &&
      this.#underWay < this.#window
    ) {
      this.#underWay += 1;
      void this.#send(this.#waiting.shift() as Entry, this.#expected++);
    }
  }

  async #send(entry: Entry, lastSequence: number): Promise<void> {
    try {
      // The stream's name travels with the message: whoever has the server deliver it elsewhere finds that no other stream takes it.
      const ack = await this.#bus.streams.publish(entry.subject, entry.payload, {
        "Nats-Expected-Stream": this.#stream,
        "Nats-Expected-Last-Sequence": String(lastSequence),
        "Nats-Msg-Id": entry.id,
      });
      this.#onAck(entry, ack);
    } catch (error) {
      this.#recovering = true;
      const fate = fateOf(error);
      if (fate === "unfit") this.#giveUp(entry, error);
      else this.#failed.push({ entry, fate });
    }
    this.#underWay -= 1;
    if (this.#closed !== undefined) this.#close(this.#closed, []);
    else if (this.#recovering && this.#underWay === 0) await this.#recover();
    this.#pump();
  }

  #onAck(entry: Entry, { seq, duplicate }: { seq: number; duplicate: boolean }): void {
    if (!duplicate) {
      this.#ahead.add(seq);
      while (this.#ahead.delete(this.#stored + 1)) this.#stored += 1;
      this.#settle(entry, seq);
      return;
    }
    // It took no sequence, so everything behind it expected one too many.
    this.#recovering = true;
    // Behind what is known to be ours it may be another writer's, under the same id; what stands before it tells.
    if (seq <= this.#stored) this.#settle(entry, seq);
    else this.#failed.push({ entry, fate: "out of order" });
  }

  async #recover(): Promise<void> {
    // They failed in any order: what was sent behind an outage is refused before what was sent into it is given up.
    const failed = this.#failed.sort((a, b) => a.entry.place - b.entry.place);
    this.#failed = [];
    let again = failed.map(({ entry }) => entry);
    try {
      const denied = failed.find(({ fate }) => fate === "denied");
      if (denied !== undefined) throw new UdevnsError("UDEVNS_E_BUS_DENIED", { subject: denied.entry.subject });
      if (failed.some(({ fate }) => fate !== "out of order")) await sleep(RETRY_MS);
      const found = await lastSequence(this.#bus, this.#stream, this.epoch, this.#stored);
      const stored = await this.#ownBehind(found, again);
      if (this.#closed !== undefined) throw this.#closed;
      for (const entry of again) if (stored.has(entry.id)) this.#settle(entry, stored.get(entry.id) as number);
      again = again.filter(({ id }) => !stored.has(id));
      this.#expected = found;
      this.#stored = found;
      this.#ahead.clear();
      this.#waiting.unshift(...again);
      this.#recovering = false;
    } catch (error) {
      this.#close(error as UdevnsError, again);
    }
  }

  /**
   * Those of the entries that were stored though nobody said so, each with its sequence.
   * @throws UDEVNS_E_BUS_FENCED when anything else stands there
   */
  async #ownBehind(found: number, entries: readonly Entry[]): Promise<Map<string, number>> {
    const unknown = [];
    for (let at = this.#stored + 1; at <= found; at += 1) if (!this.#ahead.has(at)) unknown.push(at);
    const handedIn = new Set(entries.map(({ id }) => id));
    const own = new Map<string, number>();
    // One message more than ours could be is another's, whatever it is; and it may be behind by a day.
    if (unknown.length > entries.length) throw this.#fenced(found);
    for (const [sequence, id] of await idsOf(this.#bus, this.#stream, unknown)) {
      if (id === undefined || !handedIn.has(id)) throw this.#fenced(found);
      own.set(id, sequence);
    }
    return own;
  }

  #fenced(found: number): UdevnsError {
    return new UdevnsError("UDEVNS_E_BUS_FENCED", { stream: this.#stream, expected: this.#stored, found });
  }

  #giveUp(entry: Entry, cause: unknown): void {
    const error = unfitError(entry.subject, entry.payload, cause);
    this.#bus.onUnfit(error);
    this.#settle(entry, error);
  }

  #settle(entry: Entry, outcome: number | Error): void {
    if (typeof outcome === "number") entry.resolve(outcome);
    else entry.reject(outcome);
    this.#open.remove(entry.place);
  }

  #close(reason: UdevnsError, failed: readonly Entry[]): void {
    this.#closed = reason;
    const left = [...failed, ...this.#failed.splice(0).map(({ entry }) => entry), ...this.#waiting.splice(0)];
    for (const entry of left) this.#settle(entry, reason);
    this.#open.close();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
