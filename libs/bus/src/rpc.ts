import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { checked, ErrorReply, isUdevnsError, UdevnsError } from "@udevns/protocol";
import { ErrorCode } from "nats";
import type { Bus } from "./connect.ts";
import { deniedError, isDenied } from "./denied.ts";

const TIMEOUT_MS = 5_000;

/**
 * Answers requests on a subject. An error of ours goes back to the caller; any other is ours to mend: its stack goes to stderr, beside the log.
 * @returns a function that stops answering
 */
export function serve<S extends TSchema>(
  bus: Bus,
  subject: string,
  request: S,
  handle: (request: Static<S>) => Promise<unknown>,
): () => void {
  const subscription = bus.nc.subscribe(subject, {
    callback: (_, message) => {
      void (async () => {
        try {
          const body: unknown = message.data.length === 0 ? {} : parseJson(message.data, subject);
          message.respond(JSON.stringify((await handle(checked(request, body, subject))) ?? {}));
        } catch (error) {
          const known = isUdevnsError(error) ? error : UdevnsError.unforeseen(error);
          if (known !== error) process.stderr.write(`${subject}: ${(error as Error)?.stack ?? error}\n`);
          message.respond(JSON.stringify({ error: known.report() }));
        }
      })();
    },
  });
  return () => subscription.unsubscribe();
}

/**
 * Asks one service and checks its answer.
 * @throws the service's own error; UDEVNS_E_BUS_TIMEOUT when none answers
 */
export async function call<S extends TSchema>(
  bus: Bus,
  subject: string,
  request: unknown,
  reply: S,
  timeoutMs = TIMEOUT_MS,
): Promise<Static<S>> {
  try {
    const answer = await bus.nc.request(subject, JSON.stringify(request), { timeout: timeoutMs });
    const body = parseJson(answer.data, subject);
    if (Value.Check(ErrorReply, body)) throw UdevnsError.from(body.error as ReturnType<UdevnsError["report"]>);
    return checked(reply, body, subject);
  } catch (error) {
    if (isDenied(error)) throw deniedError(subject, error);
    const code = (error as { code?: string }).code;
    if (code === ErrorCode.Timeout || code === ErrorCode.NoResponders) {
      throw new UdevnsError(
        "UDEVNS_E_BUS_TIMEOUT",
        { subject, ms: code === ErrorCode.Timeout ? timeoutMs : 0 },
        { cause: error },
      );
    }
    throw error;
  }
}

/** @throws UDEVNS_E_MESSAGE */
export function parseJson(data: Uint8Array, subject: string): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString("utf8"));
  } catch (error) {
    throw new UdevnsError(
      "UDEVNS_E_MESSAGE",
      { subject, schema: "JSON document", detail: (error as Error).message },
      { cause: error },
    );
  }
}
