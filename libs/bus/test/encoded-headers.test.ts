import { expect, test } from "@jest/globals";
import { headers } from "nats";
import { encodedHeaders } from "../src/encoded-headers.ts";

/** What the client sends of them. */
const bytes = (head: unknown): string => Buffer.from((head as { encode(): Uint8Array }).encode()).toString();

test("the bytes are the client's own", () => {
  const fields = { "Nats-Expected-Stream": "S", "Nats-Expected-Last-Sequence": "12", "Nats-Msg-Id": "höst:1/give-a:b" };
  const own = headers();
  for (const [name, value] of Object.entries(fields)) own.append(name, value);
  expect(bytes(encodedHeaders(fields))).toBe(bytes(own));
});

test.each(["a\nNats-Rollup: all", "a\rb"])("a value of more lines is refused: %j", (value) => {
  expect(() => encodedHeaders({ "Nats-Msg-Id": value })).toThrow(expect.objectContaining({ code: "BAD_HEADER" }));
});
