import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Bucket, type Bus, connectBus, provision, serve } from "@udevns/bus";
import { parsePolicy } from "@udevns/policy";
import { bucketNames, Empty, streamNames, subjects, token } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { type Feeds, openFeeds } from "../../services/policy/src/feeds.ts";
import { HostPolicy } from "../../services/policy/src/host-policy.ts";
import { Turns } from "../../services/policy/src/turns.ts";
import { PaperHost } from "../cluster/support/paper-host.ts";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { until } from "../support/until.ts";

// One host's policy, with a capture that is but its answers.
const host = "a";
let server: TestServer;
let bus: Bus;
let feeds: Feeds;

beforeAll(async () => {
  server = await startNatsServer();
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  await provision(bus, { hosts: [host], replicas: 1 });
  feeds = await openFeeds(bus, "me", { kind: "all" });
});
afterAll(async () => {
  await Promise.all([feeds.containers.close(), feeds.claims.close()]);
  await bus.close();
  await server.close();
});

/** Lets the first checkpoint through, and each later one when the test says so. */
class HeldTurns extends Turns {
  asked = 0;
  release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override async run<T>(work: () => Promise<T>): Promise<T> {
    this.asked += 1;
    if (this.asked > 1) await this.#released;
    return await super.run(work);
  }
}

const position = async () => {
  const entry = await new Bucket(bus, bucketNames.positions).get(`${token(host)}.policy`);
  return JSON.parse(entry?.value ?? "{}") as { sequence?: number; missed?: boolean };
};

test("what was missed is asked for behind a checkpoint, and no more once capture has answered", async () => {
  const parsed = parsePolicy([{ file: "p.yaml", text: "version: 1\nrules: []\n" }]);
  if (!("policy" in parsed)) throw new Error(JSON.stringify(parsed.errors));
  const note = () => undefined;
  const fail = (error: unknown) => {
    throw error;
  };
  const context = {
    bus,
    boot: "boot",
    config: { host: "elsewhere" },
    log: { info: note, warn: note, debug: note },
    counters: { add: note },
    fail,
  } as unknown as ServiceContext;
  let asked = 0;
  const found = { added: 0, removed: 0, changed: 0 };
  const close = serve(bus, subjects.rpc(host, "scan"), Empty, async () => {
    asked += 1;
    return found;
  });
  const paper = await PaperHost.open(bus, host);
  for (let number = 1; number <= 3; number += 1) await paper.plug(number);
  await bus.jsm.streams.purge(streamNames.uevent(host), { seq: 3 });

  const checkpoints = new HeldTurns(1);
  const onFenced = () => fail(new Error("fenced"));
  const options = { context, host, replica: "me", policy: parsed.policy, feeds, checkpoints, onFenced };
  const policy = await HostPolicy.start(options);
  await until(() => checkpoints.asked === 2, "a checkpoint behind the first");
  await bus.nc.flush();
  expect(asked).toBe(0);
  checkpoints.release();
  await until(() => asked === 1, "capture to be asked");
  await until(async () => (await position()).missed === undefined, "it to be written down that nothing is missed");
  expect((await position()).sequence).toBe(3);
  await policy.close();
  close();
  expect(asked).toBe(1);
});
