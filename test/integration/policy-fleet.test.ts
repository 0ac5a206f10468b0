import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Bus, connectBus, provision, readLog } from "@udevns/bus";
import { parsePolicy } from "@udevns/policy";
import { streamNames } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { type Feeds, openFeeds } from "../../services/policy/src/feeds.ts";
import { Fleet } from "../../services/policy/src/fleet.ts";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";

const hosts = Array.from({ length: 12 }, (_, at) => `h${at}`);
let server: TestServer;
let bus: Bus;
let feeds: Feeds;

beforeAll(async () => {
  server = await startNatsServer();
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  await provision(bus, { hosts, replicas: 1 });
  feeds = await openFeeds(bus, "me", { kind: "all" });
});
afterAll(async () => {
  await Promise.all([feeds.containers.close(), feeds.claims.close()]);
  await bus.close();
  await server.close();
});

test("a host that is handed over while it waits for its turn has no term", async () => {
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
    env: { UDEVNS_HOSTS: "*" },
    log: { info: note, warn: note },
    counters: { add: note },
    fail,
  } as unknown as ServiceContext;
  const fleet = new Fleet({ context, replica: "me", policy: parsed.policy, feeds, onFenced: fail, onChange: note });
  const begun = hosts.map((host) => fleet.begin(host));
  await Promise.all(hosts.map((host) => fleet.finish(host)));
  await Promise.all(begun);
  expect(fleet.size).toBe(0);
  const logs = await Promise.all(hosts.map((host) => readLog(bus, streamNames.devnode(host), { sequence: 1 })));
  const withTerm = hosts.filter((_, at) => (logs[at]?.length ?? 0) > 0);
  expect(withTerm).toEqual(hosts.slice(0, 8));
});
