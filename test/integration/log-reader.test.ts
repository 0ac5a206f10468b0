import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Bus, connectBus, LogReader, LogWriter, provision } from "@udevns/bus";
import { streamNames, subjects } from "@udevns/protocol";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/until.ts";

let server: TestServer;
let proxy: TcpProxy;
let bus: Bus;
let cuttable: Bus;
const stream = streamNames.uevent("h");
const subject = subjects.uevent("h", "block", "add");

beforeAll(async () => {
  server = await startNatsServer();
  proxy = await startTcpProxy(server.port);
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  cuttable = await connectBus({ url: `nats://127.0.0.1:${proxy.port}`, name: "cuttable", wait: true });
  await provision(bus, { hosts: ["h"], replicas: 1 });
});
afterAll(async () => {
  await Promise.all([bus.close(), cuttable.close()]);
  await proxy.close();
  await server.close();
});

test("who reads only what is new misses nothing when it is interrupted before the first message", async () => {
  const writer = await LogWriter.open(bus, stream);
  await writer.publish(subject, "old", "old");
  const seen: string[] = [];
  let ready = false;
  const reader = new LogReader(cuttable, {
    stream,
    consumer: "new",
    filter: subjects.uevents("h"),
    start: "new",
    onEntry: ({ data }) => void seen.push(JSON.parse(Buffer.from(data).toString())),
    onCaughtUp: () => {
      ready = true;
    },
  });
  await until(() => ready, "the reader to stand at the end");
  proxy.cut();
  await writer.publish(subject, "meanwhile", "meanwhile");
  proxy.mend();
  await until(() => seen.length > 0, "what came meanwhile");
  await writer.publish(subject, "later", "later");
  await until(() => seen.length > 1, "what came later");
  expect(seen).toEqual(["meanwhile", "later"]);
  await reader.close();
});

test("a reader is told of what its log has dropped before it is handed what is left, and also where nothing is left", async () => {
  const of = "small";
  await provision(bus, { hosts: [of], replicas: 1 });
  const small = streamNames.uevent(of);
  const writer = await LogWriter.open(bus, small);
  const say = (id: string) => writer.publish(subjects.uevent(of, "block", "add"), id, id);
  for (const id of ["a", "b", "c"]) await say(id);
  const told: (string | number)[] = [];
  const read = (sequence: number) =>
    new LogReader(bus, {
      stream: small,
      consumer: "small",
      filter: subjects.uevents(of),
      start: { sequence },
      onEntry: ({ data }) => void told.push(JSON.parse(Buffer.from(data).toString())),
      onDiscarded: (count) => void told.push(count),
    });
  await bus.jsm.streams.purge(small, { seq: 3 });
  const some = read(1);
  await until(() => told.length === 2, "the gap and what is behind it");
  expect(told).toEqual([2, "c"]);
  await some.close();

  await say("d");
  await bus.jsm.streams.purge(small);
  const none = read(4);
  await until(() => told.length === 3, "the gap");
  await say("e");
  await until(() => told.length === 4, "what came behind it");
  expect(told.slice(2)).toEqual([1, "e"]);
  // It has read all: what goes now is no gap.
  await bus.jsm.streams.purge(small);
  await say("f");
  await until(() => told.length === 5, "the last");
  expect(told.slice(4)).toEqual(["f"]);
  await none.close();
});
