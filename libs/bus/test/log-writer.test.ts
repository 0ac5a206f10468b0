import { expect, test } from "@jest/globals";
import { ErrorCode, NatsError } from "nats";
import type { Bus } from "../src/connect.ts";
import { LogWriter } from "../src/log-writer.ts";

const WRONG_LAST_SEQUENCE = 10071;
const refusal = () => {
  const error = new NatsError("wrong last sequence", "400");
  error.api_error = { code: 400, err_code: WRONG_LAST_SEQUENCE, description: "wrong last sequence" };
  return error;
};

/** A server that answers each message only when the test says so, until it recovers. */
class PaperServer {
  readonly stored: string[] = [];
  readonly #answers = new Map<string, (error: Error) => void>();
  #down = true;
  /** What a new leader knows of the end of the log. */
  known = () => this.stored.length;
  /** Called before each message that comes after the recovery. */
  before = () => {};
  epoch = "one";
  readonly unfit: Error[] = [];

  get bus(): Bus {
    const info = async () => ({ created: this.epoch, state: { last_seq: this.known() } });
    const getMessage = async (_: string, { seq }: { seq: number }) => ({
      subject: "subject",
      data: Buffer.from(this.stored[seq - 1] as string),
      header: new Map([["Nats-Msg-Id", this.stored[seq - 1]]]),
    });
    const publish = (_: string, payload: string, headers: Record<string, string>) =>
      this.#down ? new Promise((_, reject) => this.#answers.set(payload, reject)) : this.#take(payload, headers);
    return {
      streams: { publish },
      jsm: { streams: { info, getMessage } },
      onUnfit: (error: Error) => this.unfit.push(error),
      nc: { isClosed: () => false },
      url: "paper",
    } as unknown as Bus;
  }

  refuse(payload: string): void {
    this.#answers.get(payload)?.(refusal());
  }

  lose(payload: string): void {
    this.#answers.get(payload)?.(new NatsError("TIMEOUT", "TIMEOUT"));
  }

  /** Says that it will never take it. */
  refuseSize(payload: string): void {
    this.#answers.get(payload)?.(new NatsError("max payload", ErrorCode.MaxPayloadExceeded));
  }

  recover(): void {
    this.#down = false;
  }

  async #take(payload: string, headers: Record<string, string>): Promise<{ seq: number; duplicate: boolean }> {
    this.before();
    const at = this.stored.indexOf(payload);
    if (at >= 0) return { seq: at + 1, duplicate: true };
    if (Number(headers["Nats-Expected-Last-Sequence"]) !== this.stored.length) throw refusal();
    return { seq: this.stored.push(payload), duplicate: false };
  }
}

async function writerOf(server: PaperServer, texts: readonly string[]) {
  const writer = await LogWriter.open(server.bus, "paper");
  return texts.map((text) => writer.publishText("subject", text, text));
}

test("what was lost in an outage is stored before what was refused behind it", async () => {
  const server = new PaperServer();
  const all = await writerOf(server, ["1", "2", "3", "4"]);
  server.refuse("3");
  server.refuse("4");
  server.lose("2");
  server.recover();
  server.lose("1");
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
  expect(server.stored).toEqual(["1", "2", "3", "4"]);
});

test("own messages that are stored only after the writer has asked are no other writer's", async () => {
  const server = new PaperServer();
  const all = await writerOf(server, ["1", "2", "3"]);
  server.recover();
  // They were on their way to the other servers when their leader died: stored under the next attempt's hands.
  let refused = 0;
  server.before = () => {
    if (refused === 0) server.stored.push("1", "2");
    if (refused++ < 3) throw refusal();
  };
  for (const text of ["1", "2", "3"]) server.lose(text);
  expect(await Promise.all(all)).toEqual([1, 2, 3]);
});

test("a new leader that lags behind is asked again", async () => {
  const server = new PaperServer();
  server.recover();
  const writer = await LogWriter.open(server.bus, "paper");
  for (const text of ["1", "2", "3"]) await writer.publishText("subject", text, text);
  let asked = 0;
  server.known = () => (asked++ < 2 ? 1 : server.stored.length);
  server.before = () => {
    server.before = () => {};
    throw new NatsError("TIMEOUT", "TIMEOUT");
  };
  expect(await writer.publishText("subject", "4", "4")).toBe(4);
});

test("a log that was made anew is not written on", async () => {
  const server = new PaperServer();
  const [only] = await writerOf(server, ["1"]);
  server.epoch = "two";
  server.recover();
  server.lose("1");
  await expect(only).rejects.toMatchObject({ code: "UDEVNS_E_STREAM_MISSING" });
});

test("a writer that was abandoned sends nothing more", async () => {
  const server = new PaperServer();
  const writer = await LogWriter.open(server.bus, "stream");
  const stored = ["a", "b"].map((payload) => writer.publishText("s", payload, payload));
  writer.abandon();
  server.recover();
  server.lose("a");
  server.refuse("b");
  for (const each of stored) await expect(each).rejects.toMatchObject({ code: "UDEVNS_E_BUS_FENCED" });
  await expect(writer.publishText("s", "c", "c")).rejects.toMatchObject({ code: "UDEVNS_E_BUS_FENCED" });
  expect(server.stored).toEqual([]);
});

test("another's messages among as many as were not answered end the writer", async () => {
  const server = new PaperServer();
  const all = await writerOf(server, ["1", "2", "3"]);
  server.stored.push("1", "another's");
  server.recover();
  for (const text of ["1", "2", "3"]) server.lose(text);
  for (const each of all) await expect(each).rejects.toMatchObject({ code: "UDEVNS_E_BUS_FENCED" });
  expect(server.stored).toEqual(["1", "another's"]);
});

test("one that another writer has stored under the same id behind messages of its own ends the writer", async () => {
  const server = new PaperServer();
  server.recover();
  const writer = await LogWriter.open(server.bus, "paper");
  server.stored.push("another's", "1");
  await expect(writer.publishText("subject", "1", "1")).rejects.toMatchObject({ code: "UDEVNS_E_BUS_FENCED" });
});

test("what the bus will never take is given up, and what is behind it is stored", async () => {
  const server = new PaperServer();
  const all = await writerOf(server, ["1", "2", "3"]);
  server.recover();
  server.refuseSize("2");
  server.refuse("3");
  server.lose("1");
  await expect(all[1]).rejects.toMatchObject({ code: "UDEVNS_E_BUS_UNFIT", fields: { bytes: "1" } });
  expect(await Promise.all([all[0], all[2]])).toEqual([1, 2]);
  expect(server.unfit).toHaveLength(1);
});

test("room is there when few enough wait, also while the writer recovers, or when it was closed", async () => {
  const server = new PaperServer();
  const writer = await LogWriter.open(server.bus, "paper");
  const [a, b] = ["a", "b"].map((text) => writer.publishText("subject", text, text));
  const order: string[] = [];
  const room = [1, 0].map((atMost) => writer.room(atMost).then(() => order.push(`room for ${atMost}`)));
  server.recover();
  server.refuse("b");
  server.lose("a");
  void a?.then(() => order.push("a"));
  void b?.then(() => order.push("b"));
  await Promise.all(room);
  expect(order.indexOf("room for 1")).toBeGreaterThan(order.indexOf("a"));
  expect(order.at(-1)).toBe("room for 0");
  server.before = () => {
    throw new NatsError("TIMEOUT", "TIMEOUT");
  };
  const never = writer.publishText("subject", "c", "c");
  const flushed = writer.flush();
  writer.abandon();
  await expect(never).rejects.toMatchObject({ code: "UDEVNS_E_BUS_FENCED" });
  await flushed;
});

test("a flush waits for what was handed in before it, and for nothing that comes behind", async () => {
  const server = new PaperServer();
  const writer = await LogWriter.open(server.bus, "paper");
  const hand = (text: string) => writer.publishText("subject", text, text).catch(() => text);
  const before = [hand("a"), hand("b")];
  const order: string[] = [];
  const flush = writer.flush().then(() => order.push("flushed"));
  const behind = hand("c");
  void hand("never answered");
  // As many are dealt with as there were, but not the same.
  server.refuseSize("b");
  server.refuseSize("c");
  await Promise.all([before[1], behind]);
  await new Promise((resolve) => setImmediate(resolve));
  order.push("first");
  server.refuseSize("a");
  await flush;
  expect(order).toEqual(["first", "flushed"]);
  expect(writer.pending).toBe(1);
});
