import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Bus, connectBus, LogReader, LogWriter, provision } from "@udevns/bus";
import { streamNames, subjects } from "@udevns/protocol";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { until } from "../support/until.ts";

let server: TestServer;
let bus: Bus;
let host = 0;

beforeAll(async () => {
  server = await startNatsServer();
  bus = await connectBus({ url: server.url, name: "test", wait: true });
});
afterAll(async () => {
  await bus.close();
  await server.close();
});

/** A host of its own for each test, so that each has an empty log. */
async function freshLog() {
  const name = `h${host++}`;
  await provision(bus, { hosts: [name], replicas: 1 });
  return {
    stream: streamNames.uevent(name),
    subject: subjects.uevent(name, "block", "add"),
    filter: subjects.uevents(name),
  };
}

function collect(log: { stream: string; filter: string }, from: number) {
  const seen: number[] = [];
  const reader = new LogReader(bus, {
    stream: log.stream,
    consumer: `reader-${log.stream}-${from}`,
    filter: log.filter,
    start: { sequence: from },
    onEntry: ({ data }) => void seen.push(Number(Buffer.from(data).toString())),
  });
  return { seen, reader };
}

describe("a log", () => {
  test("keeps 3,000 messages in order, written without waiting for each", async () => {
    const log = await freshLog();
    const writer = await LogWriter.open(bus, log.stream);
    const numbers = Array.from({ length: 3000 }, (_, index) => index);
    await Promise.all(numbers.map((number) => writer.publish(log.subject, number, `id-${number}`)));
    const { seen, reader } = collect(log, 1);
    await until(() => seen.length === 3000);
    expect(seen).toEqual(numbers);
    await reader.close();
  });

  test("is whole and in order across a kill of the server in the middle", async () => {
    const log = await freshLog();
    const writer = await LogWriter.open(bus, log.stream);
    const { seen, reader } = collect(log, 1);
    const numbers = Array.from({ length: 2000 }, (_, index) => index);
    const stored = Promise.all(numbers.map((number) => writer.publish(log.subject, number, `id-${number}`)));
    await until(() => seen.length > 100);
    await server.kill();
    await server.start();
    await stored;
    await until(() => seen.length >= 2000);
    expect(seen).toEqual(numbers);
    await reader.close();
  });

  test("stores a message that is handed in twice under one id once", async () => {
    const log = await freshLog();
    const writer = await LogWriter.open(bus, log.stream);
    const sequences = await Promise.all([
      writer.publish(log.subject, 1, "a"),
      writer.publish(log.subject, 1, "a"),
      writer.publish(log.subject, 2, "b"),
    ]);
    expect(sequences).toEqual([1, 1, 2]);
  });

  test("refuses a second writer", async () => {
    const log = await freshLog();
    const first = await LogWriter.open(bus, log.stream);
    const second = await LogWriter.open(bus, log.stream);
    await second.publish(log.subject, 1, "from the second");
    await expect(first.publish(log.subject, 2, "from the first")).rejects.toMatchObject({
      code: "UDEVNS_E_BUS_FENCED",
    });
  });

  test("is read on from a given place", async () => {
    const log = await freshLog();
    const writer = await LogWriter.open(bus, log.stream);
    await Promise.all([1, 2, 3, 4].map((number) => writer.publish(log.subject, number, `${number}`)));
    const { seen, reader } = collect(log, 3);
    await until(() => seen.length === 2);
    expect(seen).toEqual([3, 4]);
    await reader.close();
  });
});
