import { once } from "node:events";
import { connect } from "node:net";

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** No answer, or half of one: the guest is not listening yet, or has died. */
export class NoAnswer extends Error {}

/** Of the timeout program, when it had to end the script. */
export const TIMED_OUT = 124;

/** One script, one connection; the wire format is told in guest/serve.sh. */
export async function runScript(port: number, script: string, seconds: number, limit: number): Promise<CommandResult> {
  const body = Buffer.from(script);
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  socket.setTimeout(limit, () => socket.destroy(new NoAnswer(`no answer from the guest within ${limit} ms`)));
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write(`${seconds} ${body.length}\n`);
  socket.write(body);
  try {
    await once(socket, "close");
  } catch (error) {
    throw error instanceof NoAnswer ? error : new NoAnswer(`command channel: ${String(error)}`);
  }
  return parseReply(Buffer.concat(chunks));
}

export function parseReply(reply: Buffer): CommandResult {
  const end = reply.indexOf("\n");
  const [code, out, err] = reply.toString("latin1", 0, Math.max(end, 0)).split(" ").map(Number);
  if (end < 0 || code === undefined || out === undefined || err === undefined) {
    throw new NoAnswer("the guest closed the command channel without an answer");
  }
  const stdout = reply.subarray(end + 1, end + 1 + out);
  const stderr = reply.subarray(end + 1 + out, end + 1 + out + err);
  if (stderr.length !== err) throw new NoAnswer(`the guest's answer was cut off after ${reply.length} bytes`);
  return { code, stdout: stdout.toString(), stderr: stderr.toString() };
}
