import { ErrorCode, type MsgHdrs, NatsError } from "nats";

/**
 * Headers that are only sent. The client's own look up and check each name anew, several times a message; of a publication it wants
 * nothing but the bytes.
 * @throws NatsError BAD_HEADER for a value of more than one line
 */
export function encodedHeaders(fields: Readonly<Record<string, string>>): MsgHdrs {
  let text = "NATS/1.0\r\n";
  for (const name in fields) {
    const value = fields[name] as string;
    if (value.includes("\n") || value.includes("\r"))
      throw new NatsError(`header ${name} has more than one line`, ErrorCode.BadHeader);
    text += `${name}: ${value}\r\n`;
  }
  return { encode: () => Buffer.from(`${text}\r\n`, "utf8") } as unknown as MsgHdrs;
}
