import { UdevnsError } from "@udevns/protocol";
import { ErrorCode, NatsError } from "nats";
import { isDenied } from "./denied.ts";

/** What became of a message that was not acknowledged: `unknown` ones may be stored, `unfit` ones never will be. */
export type Fate = "out of order" | "refused" | "denied" | "unfit" | "unknown";

/** Codes of the JetStream API (nats-server, server/errors.json). */
const WRONG_LAST_SEQUENCE = 10071;
const TOO_LARGE: ReadonlySet<number> = new Set([
  // Above the stream's `max_msg_size`.
  10054,
  // Headers above 64 KiB.
  10097,
]);
/** What the client itself does not send: above the server's `max_payload`, or not to be written in its protocol. */
const UNSENDABLE: ReadonlySet<string> = new Set([ErrorCode.MaxPayloadExceeded, ErrorCode.BadHeader]);

export function fateOf(error: unknown): Fate {
  if (isDenied(error)) return "denied";
  if (!(error instanceof NatsError)) return "unknown";
  if (UNSENDABLE.has(error.code)) return "unfit";
  if (error.api_error === undefined) return "unknown";
  const { err_code: code = 0 } = error.api_error;
  if (TOO_LARGE.has(code)) return "unfit";
  return code === WRONG_LAST_SEQUENCE ? "out of order" : "refused";
}

/** For what the bus will never take, however often it is tried. */
export const unfitError = (subject: string, payload: string, cause: unknown): UdevnsError =>
  new UdevnsError(
    "UDEVNS_E_BUS_UNFIT",
    { subject, bytes: Buffer.byteLength(payload), detail: (cause as Error).message },
    { cause },
  );
