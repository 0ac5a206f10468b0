import { createInbox, ErrorCode, type Msg, type NatsConnection, NatsError } from "nats";
import { encodedHeaders } from "./encoded-headers.ts";

/** What the server says of a message that it was to store. */
export interface PubAck {
  readonly seq: number;
  readonly duplicate: boolean;
}

/** The server's own words for a refusal (JSAck, server/jetstream_api.go). */
interface Answer {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string };
}

/** An empty answer is the server's "no responders": the stream, or its leader, is away. */
const NOBODY: Answer = { error: { code: 503, err_code: 0, description: "no stream takes it" } };

function refusalOf(error: NonNullable<Answer["error"]>): NatsError {
  if (error.err_code === 0) return NatsError.errorForCode(ErrorCode.NoResponders);
  const refusal = new NatsError(error.description, String(error.code));
  refusal.api_error = error;
  return refusal;
}

interface Waiting {
  readonly subject: string;
  readonly deadline: number;
  resolve(ack: PubAck): void;
  reject(error: NatsError): void;
}

/**
 * Publishes to streams. All answers come to one subscription, told apart by their last token; the client's own `js.publish`
 * makes a request, a timer and an error with its stack for each message.
 */
export class StreamPublisher {
  readonly #nc: NatsConnection;
  readonly #inbox: string;
  /** In the order of their deadlines, as all wait equally long. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(nc: NatsConnection, inboxPrefix: string | undefined, timeoutMs: number) {
    this.#nc = nc;
    this.#timeoutMs = timeoutMs;
    this.#inbox = `${createInbox(inboxPrefix)}.`;
    nc.subscribe(`${this.#inbox}*`, { callback: (_, message) => this.#hear(message) });
    void this.#watchRefusals();
    void nc.closed().then(() => this.#expire(Number.POSITIVE_INFINITY));
  }

  /**
   * @param fields the message's headers
   * @throws NatsError: with `api_error` when the stream refused it; `PERMISSIONS_VIOLATION`; `TIMEOUT` or `503` when nobody knows
   */
  publish(subject: string, payload: string, fields: Readonly<Record<string, string>>): Promise<PubAck> {
    return new Promise((resolve, reject) => {
      const token = (this.#last++).toString(36);
      try {
        this.#nc.publish(subject, payload, { headers: encodedHeaders(fields), reply: this.#inbox + token });
      } catch (error) {
        return reject(error);
      }
      this.#waiting.set(token, { subject, deadline: performance.now() + this.#timeoutMs, resolve, reject });
      this.#timer ??= setTimeout(() => this.#expire(), this.#timeoutMs);
    });
  }

  #hear(message: Msg): void {
    const waiting = this.#settle(message.subject.slice(this.#inbox.length));
    if (waiting === undefined) return;
    const { seq = 0, duplicate = false, error } = message.data.length === 0 ? NOBODY : message.json<Answer>();
    if (error === undefined) waiting.resolve({ seq, duplicate });
    else waiting.reject(refusalOf(error));
  }

  #settle(token: string): Waiting | undefined {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    return waiting;
  }

  #expire(now = performance.now()): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [token, { deadline, reject }] of this.#waiting) {
      if (deadline > now) {
        this.#timer = setTimeout(() => this.#expire(), deadline - now);
        return;
      }
      this.#waiting.delete(token);
      reject(NatsError.errorForCode(ErrorCode.Timeout));
    }
  }

  /** A refused publication has no answer; the server only tells the connection which subject it was. */
  async #watchRefusals(): Promise<void> {
    for await (const { type, permissionContext } of this.#nc.status()) {
      if (type !== "error" || permissionContext?.operation !== "publish") continue;
      for (const [token, { subject, reject }] of this.#waiting) {
        if (subject !== permissionContext.subject) continue;
        this.#waiting.delete(token);
        reject(new NatsError(`may not publish to ${subject}`, ErrorCode.PermissionsViolation));
      }
    }
  }
}
