import { UdevnsError } from "@udevns/protocol";
import { NatsError, type StreamInfo } from "nats";
import type { Bus } from "./connect.ts";
import { deniedError, isDenied } from "./denied.ts";

/** How many messages may be under way at once. */
const WINDOW = 256;
const RETRY_MS = 200;
const CATCH_UP_MS = 5_000;

interface Entry {
  readonly subject: string;
  readonly payload: string;
  readonly id: string;
  /** Its place among all that were handed in. */
  readonly place: number;
  /** True once an attempt was not answered: it may be stored, now or a little later. */
  doubtful: boolean;
  resolve(sequence: number): void;
  reject(error: Error): void;
}

/**
 * Writes a stream that has one writer: in order, each message once, as fast as the window allows.
 *
 * Every message states the sequence it expects before it (`Nats-Expected-Last-Sequence`). So a message that was lost on the way
 * makes the server refuse the ones behind it, instead of storing them out of order, and a second writer is found out.
 * After a refusal or an outage the writer waits until nothing is under way, asks where the stream stands, and sends the rest
 * again under the same Msg-Ids: what had been stored already is recognised (ADR-0001).
 */
export class LogWriter {
  readonly #bus: Bus;
  readonly #stream: string;
  /** When the stream was made, as found at the start: its sequences are of that life. */
  readonly epoch: string;
  readonly #waiting: Entry[] = [];
  #underWay: Entry[] = [];
  #failed: { entry: Entry; fate: Fate }[] = [];
  /** Sequence that the next message shall find before it. */
  #expected: number;
  /** Highest sequence known to be ours, or found at the start. */
  #stored: number;
  #handedIn = 0;
  #recovering = false;
  #closed: UdevnsError | undefined;

  private constructor(bus: Bus, stream: string, epoch: string, lastSequence: number) {
    this.#bus = bus;
    this.#stream = stream;
    this.epoch = epoch;
    this.#expected = lastSequence;
    this.#stored = lastSequence;
  }

  /** @throws UDEVNS_E_STREAM_MISSING */
  static async open(bus: Bus, stream: string): Promise<LogWriter> {
    const { created, state } = await streamInfo(bus, stream);
    return new LogWriter(bus, stream, created, state.last_seq);
  }

  /** Messages handed in and not yet stored. */
  get pending(): number {
    return this.#waiting.length + this.#underWay.length + this.#failed.length;
  }

  /**
   * Hands a message in. Resolves with its sequence when it is stored; an outage only delays that.
   * @param id the same for every attempt at the same message
   * @throws UDEVNS_E_BUS_FENCED when another process writes this stream; then every later call throws it too
   */
  publish(subject: string, message: unknown, id: string): Promise<number> {
    return this.publishText(subject, JSON.stringify(message), id);
  }

  publishText(subject: string, payload: string, id: string): Promise<number> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ subject, payload, id, place: this.#handedIn++, doubtful: false, resolve, reject });
      this.#pump();
    });
  }

  /** Resolves when all that was handed in before is stored. */
  async flush(): Promise<void> {
    while (this.pending > 0 && this.#closed === undefined) await sleep(2);
  }

  /** Sends nothing any more and stores nothing on purpose: another writes this stream now. What is under way may still be stored. */
  abandon(): void {
    if (this.#closed !== undefined) return;
    const { length } = this.#failed;
    this.#close(
      new UdevnsError("UDEVNS_E_BUS_FENCED", { stream: this.#stream, expected: this.#stored, found: this.#stored }),
      this.#failed.splice(0, length).map(({ entry }) => entry),
    );
  }

  #pump(): void {
    while (
      this.#closed === undefined &&
      !this.#recovering &&
      this.#waiting.length > 0 &&
      this.#underWay.length < WINDOW
    ) {
      const entry = this.#waiting.shift() as Entry;
      this.#underWay.push(entry);
      void this.#send(entry, this.#expected++);
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
      this.#settled(entry);
      this.#stored = Math.max(this.#stored, ack.seq);
      // A duplicate took no sequence, so everything behind it expected one too many.
      if (ack.duplicate) this.#recovering = true;
      entry.resolve(ack.seq);
    } catch (error) {
      this.#settled(entry);
      this.#recovering = true;
      const fate = fateOf(error);
      entry.doubtful ||= fate === "unknown";
      this.#failed.push({ entry, fate });
    }
    if (this.#closed !== undefined)
      this.#close(
        this.#closed,
        this.#failed.splice(0).map(({ entry }) => entry),
      );
    else if (this.#recovering && this.#underWay.length === 0) await this.#recover();
    this.#pump();
  }

  #settled(entry: Entry): void {
    const at = this.#underWay.indexOf(entry);
    this.#underWay.splice(at, 1);
  }

  async #recover(): Promise<void> {
    // They failed in any order: what was sent behind an outage is refused before what was sent into it is given up.
    const failed = this.#failed.sort((a, b) => a.entry.place - b.entry.place);
    this.#failed = [];
    try {
      const denied = failed.find(({ fate }) => fate === "denied");
      if (denied !== undefined) throw new UdevnsError("UDEVNS_E_BUS_DENIED", { subject: denied.entry.subject });
      if (failed.some(({ fate }) => fate !== "out of order")) await sleep(RETRY_MS);
      const found = await this.#lastSequenceInTime();
      const ours = this.#stored + failed.filter(({ entry }) => entry.doubtful).length;
      if (this.#closed !== undefined) throw this.#closed;
      if (found > ours) throw new UdevnsError("UDEVNS_E_BUS_FENCED", { stream: this.#stream, expected: ours, found });
      this.#expected = found;
      this.#stored = found;
      this.#waiting.unshift(...failed.map(({ entry }) => entry));
      this.#recovering = false;
    } catch (error) {
      this.#close(
        error as UdevnsError,
        failed.map(({ entry }) => entry),
      );
    }
  }

  #close(reason: UdevnsError, failed: readonly Entry[]): void {
    this.#closed = reason;
    for (const entry of [...failed, ...this.#waiting.splice(0)]) entry.reject(reason);
  }

  /** A cluster's new leader may for a moment not know the last ones that its predecessor acknowledged. */
  async #lastSequenceInTime(): Promise<number> {
    const patience = Date.now() + CATCH_UP_MS;
    for (;;) {
      try {
        const { created, state } = await streamInfo(this.#bus, this.#stream);
        if (created !== this.epoch) throw new UdevnsError("UDEVNS_E_STREAM_MISSING", { stream: this.#stream });
        if (state.last_seq >= this.#stored || Date.now() > patience) return state.last_seq;
        await sleep(RETRY_MS);
      } catch (error) {
        if (this.#bus.nc.isClosed())
          throw new UdevnsError("UDEVNS_E_BUS_UNAVAILABLE", { url: this.#bus.url, detail: "connection closed" });
        if (error instanceof UdevnsError && !error.retry) throw error;
        await sleep(RETRY_MS);
      }
    }
  }
}

async function streamInfo(bus: Bus, stream: string): Promise<StreamInfo> {
  try {
    return await bus.jsm.streams.info(stream);
  } catch (error) {
    throw streamError(error, stream, bus.url);
  }
}

export function streamError(error: unknown, stream: string, url: string): UdevnsError {
  if (isDenied(error)) return deniedError(`stream ${stream}`, error);
  if (error instanceof NatsError && error.api_error?.err_code === 10059) {
    return new UdevnsError("UDEVNS_E_STREAM_MISSING", { stream }, { cause: error });
  }
  return new UdevnsError("UDEVNS_E_BUS_UNAVAILABLE", { url, detail: (error as Error).message }, { cause: error });
}

/** What became of a message that was not acknowledged: `unknown` ones may be stored. */
type Fate = "out of order" | "refused" | "denied" | "unknown";

const WRONG_LAST_SEQUENCE = 10071;

function fateOf(error: unknown): Fate {
  if (isDenied(error)) return "denied";
  if (!(error instanceof NatsError) || error.api_error === undefined) return "unknown";
  return error.api_error.err_code === WRONG_LAST_SEQUENCE ? "out of order" : "refused";
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
