import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Bucket, type Bus, connectBus, LogReader, provision, serve, wantedStreams } from "@udevns/bus";
import { bucketNames, Empty, streamNames, subjects, token } from "@udevns/protocol";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { allReady, type ServiceProcess, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { PaperHost } from "./support/paper-host.ts";

// A host whose logs have little room, and events beyond it while nobody reads.
const HOST = "small";
const BYTES = 768 << 10;
const STORM = 3_000;

const cleanUps = new CleanUps();
let server: TestServer;
let bus: Bus;
let host: PaperHost;
let directory: string;

async function startPolicy(): Promise<ServiceProcess> {
  const env = { NATS_URL: server.url, UDEVNS_HOST: HOST, UDEVNS_POLICY: join(directory, "policy.yaml") };
  const policy = startService("policy", env);
  cleanUps.add(() => policy.kill());
  await allReady(bus, [policy]);
  return policy;
}

const stateOf = async (stream: string) => (await bus.jsm.streams.info(stream)).state;
const lastGiven = async () => (await host.gives()).at(-1);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-storm-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  writeFileSync(
    join(directory, "policy.yaml"),
    "version: 1\nrules:\n  - name: disks\n    match: { subsystem: block }\n    give: { container: guest }\n",
  );
  server = await startNatsServer();
  cleanUps.add(() => server.close());
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  cleanUps.add(() => bus.close());
  await provision(bus, { hosts: [HOST], replicas: 1, hostBytes: BYTES });
  host = await PaperHost.open(bus, HOST);
  await host.startContainer("guest");
});
afterAll(() => cleanUps.run());

test("every stream and bucket has a limit in bytes, and every log one of age", () => {
  for (const { name = "", max_bytes = 0, max_age = 0 } of wantedStreams({ hosts: [HOST], replicas: 1 })) {
    expect([name, max_bytes > 0]).toEqual([name, true]);
    expect([name, max_age > 0]).toEqual([name, !name.startsWith("KV_")]);
  }
});

test("a storm that nobody reads stays within the log's bytes, and policy says how much it has missed", async () => {
  const stream = streamNames.uevent(HOST);
  const first = await startPolicy();
  await host.plug(1);
  await until(async () => (await lastGiven()) === PaperHost.devpath(1), "the first disk to be given");
  await first.stop();
  const { last_seq: read } = await stateOf(stream);
  for (let number = 2; number <= STORM; number += 100)
    await Promise.all(Array.from({ length: 100 }, (_, index) => host.plug(number + index)));

  const { bytes, first_seq: oldest, last_seq: newest } = await stateOf(stream);
  expect(bytes).toBeLessThanOrEqual((await bus.jsm.streams.info(stream)).config.max_bytes);
  const missed = oldest - (read + 1);
  expect(missed).toBeGreaterThan(STORM / 2);

  const second = await startPolicy();
  await until(() => second.log().includes("went by its limits"), "policy to say so");
  expect(second.log()).toContain(`up to ${missed} messages of ${stream} went by its limits`);
  // And goes on with what is left, to the last.
  await until(async () => (await lastGiven()) === PaperHost.devpath(host.plugged), "the last disk to be given");
  expect((await stateOf(stream)).last_seq).toBe(newest);
  // Nobody is there to say what differs; the next policy begins behind the gap and must know of it nevertheless.
  await until(() => second.log().includes("capture does not say what was missed"), "policy to ask in vain", 40_000);
  await second.stop();
  let asked = 0;
  const answer = serve(bus, subjects.rpc(HOST, "scan"), Empty, async () => {
    asked += 1;
    return { added: 0, removed: 0, changed: 0 };
  });
  cleanUps.add(answer);
  const third = await startPolicy();
  await until(() => third.log().includes("capture has said what differs"), "policy to be answered", 40_000);
  await third.stop();
  expect(asked).toBe(1);
  const { value } = (await new Bucket(bus, bucketNames.positions).get(`${token(HOST)}.policy`)) ?? {};
  expect(JSON.parse(value ?? "")).not.toHaveProperty("missed");
}, 240_000);

test("a reader that is overtaken while it reads is told, and one that is not hears nothing of it", async () => {
  const stream = streamNames.uevent(HOST);
  const told: string[] = [];
  let seen = 0;
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const { first_seq: sequence } = await stateOf(stream);
  const reader = new LogReader(bus, {
    stream,
    consumer: "overtaken",
    filter: subjects.uevents(HOST),
    start: { sequence },
    onEntry: async (entry) => {
      seen = entry.sequence;
      await held;
    },
    onInterrupted: (reason) => void told.push(reason),
  });
  cleanUps.add(() => reader.close());
  await until(() => seen === sequence, "the first message");
  expect(told).toEqual([]);
  for (let number = 0; number < STORM; number += 100)
    await Promise.all(Array.from({ length: 100 }, () => host.plug(host.plugged + 1)));
  goOn();
  const { last_seq: newest } = await stateOf(stream);
  await until(() => seen === newest, "the last message");
  await until(() => told.some((reason) => reason.includes("went by its limits")), "the reader to be told");
});
