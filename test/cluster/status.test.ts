import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Bus, connectBus, LogWriter } from "@udevns/bus";
import { streamNames, subjects } from "@udevns/protocol";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { allReady, type ServiceProcess, startService } from "../support/service.ts";
import { udevns, udevnsResult } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { makeRunDir } from "./support/run-dir.ts";

interface Status {
  readonly ok: boolean;
  readonly hosts: readonly {
    readonly host: string;
    readonly state: string;
    readonly decider?: string;
    readonly missing: readonly string[];
    readonly lag: Readonly<Record<"policy" | "devnode" | "injector", number | undefined>>;
  }[];
  readonly silentReplicas: readonly { replica: string }[];
  readonly services: readonly { host: string; role: string; version: string; pid: number; silentSince?: string }[];
}

const HOSTS = ["h1", "h2"];
const hostRoles = ["capture", "inventory", "devnode", "injector"] as const;

const cleanUps = new CleanUps();
const services = new Map<string, ServiceProcess>();
let directory: string;
let server: TestServer;
let bus: Bus;

async function statusFrom(host: string): Promise<Status> {
  const { stdout } = await udevnsResult({ NATS_URL: server.url, UDEVNS_HOST: host }, "status", "--json");
  return JSON.parse(stdout) as Status;
}

const stateOf = ({ hosts }: Status, name: string) => hosts.find(({ host }) => host === name);
const serviceOf = (status: Status, host: string, role: string) =>
  status.services.find((each) => each.host === host && each.role === role);
const service = (name: string): ServiceProcess => services.get(name) as ServiceProcess;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-status-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  server = await startNatsServer();
  cleanUps.add(() => server.close());
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  cleanUps.add(() => bus.close());
  await udevns({ NATS_URL: server.url }, "provision", "--hosts", HOSTS.join());
  const start = (role: ServiceProcess["role"], host: string, more: NodeJS.ProcessEnv = {}) => {
    const runDir = makeRunDir(`status-${process.pid}-${host}`);
    cleanUps.add(() => runDir.close());
    const env = { NATS_URL: server.url, UDEVNS_HOST: host, UDEVNS_RUN_DIR: runDir.path };
    const started = startService(role, { ...env, UDEVNS_POLICY: join(directory, "none.yaml"), ...more });
    services.set(`${host}/${role}`, started);
    cleanUps.add(() => started.kill());
  };
  for (const host of HOSTS) for (const role of hostRoles) start(role, host);
  start("policy", "brain", { UDEVNS_HOSTS: HOSTS.join() });
  await allReady(bus, [...services.values()]);
});
afterAll(() => cleanUps.run());

test("shows each host with its decider and its lag, and each service with its version", async () => {
  await until(async () => (await statusFrom("h1")).hosts.every(({ state }) => state === "ready"), "both to be ready");
  const idle = { policy: 0, devnode: 0, injector: 0 };
  await until(async () => {
    const { hosts } = await statusFrom("h1");
    return hosts.every(({ lag }) => JSON.stringify(lag) === JSON.stringify(idle));
  }, "the logs to be read to their ends");
  const status = await statusFrom("h1");
  expect(status.ok).toBe(true);
  expect(status.hosts.map(({ host, decider }) => [host, decider])).toEqual([
    ["h1", "brain"],
    ["h2", "brain"],
  ]);
  for (const [name, { pid }] of services) {
    const [host = "", role = ""] = name.split("/");
    expect(serviceOf(status, host, role)).toMatchObject({ pid, version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  }
  // A host's own log of orders has a term in it, which is no order that anybody is behind with.
  expect((await bus.jsm.streams.info(streamNames.devnode("h1"))).state.messages).toBeGreaterThan(0);
});

test("counts what a reader that is dead has left", async () => {
  await service("h2/injector").kill();
  const writer = await LogWriter.open(bus, streamNames.inject("h2"));
  for (let number = 0; number < 3; number += 1)
    await writer.publish(subjects.injectWork("h2", "nobody"), { number }, `left-${number}`);
  expect(stateOf(await statusFrom("h1"), "h2")?.lag.injector).toBe(3);
});

test("says of a service that went silent since when, and what it was", async () => {
  const before = Date.now();
  const status = await statusFrom("h1");
  // The command itself starts slowly on a busy machine; what it listens for is 3 s.
  expect(Date.now() - before).toBeLessThan(20_000);
  const dead = serviceOf(status, "h2", "injector");
  expect(dead).toMatchObject({ pid: service("h2/injector").pid, silentSince: expect.any(String) });
  expect(Date.parse(dead?.silentSince ?? "")).toBeLessThan(before);
  expect(stateOf(status, "h2")).toMatchObject({ state: "not ready", missing: ["injector"] });
  expect(stateOf(status, "h1")).toMatchObject({ state: "ready", missing: [] });
  expect(status.ok).toBe(true);
  expect((await statusFrom("h2")).ok).toBe(false);
});

test("says of a host that went silent that it is", async () => {
  for (const role of hostRoles) await service(`h2/${role}`).kill();
  const status = await statusFrom("h1");
  expect(stateOf(status, "h2")).toMatchObject({ state: "silent", missing: hostRoles, decider: "brain" });
  expect(stateOf(status, "h1")?.state).toBe("ready");
  const { stdout } = await udevnsResult({ NATS_URL: server.url, UDEVNS_HOST: "h1" }, "status");
  expect(stdout).toMatch(/^h2 +silent +brain/m);
  expect(stdout).toMatch(/^h2 +capture +silent since \d{4}-\d\d-\d\dT/m);
});

test("names a replica of policy that was killed beside another on its host", async () => {
  const none = join(directory, "none.yaml");
  const env = { NATS_URL: server.url, UDEVNS_HOST: "brain", UDEVNS_HOSTS: "h2", UDEVNS_POLICY: none };
  const second = startService("policy", { ...env, UDEVNS_REPLICA: "second" });
  cleanUps.add(() => second.kill());
  await allReady(bus, [second]);
  expect((await statusFrom("h1")).silentReplicas).toEqual([]);
  await second.kill();
  const names = async () => (await statusFrom("h1")).silentReplicas.map(({ replica }) => replica);
  await until(async () => (await names()).length > 0, "the replica to be silent");
  expect(await names()).toEqual(["second"]);
  const { stdout } = await udevnsResult({ NATS_URL: server.url, UDEVNS_HOST: "h1" }, "status");
  expect(stdout).toMatch(/^second +policy +silent since \d{4}-\d\d-\d\dT.* a replica$/m);
  expect(stdout).toMatch(/^brain +policy +ready/m);
});

test("says that nobody decides when policy is gone", async () => {
  await service("brain/policy").kill();
  const status = await statusFrom("h1");
  expect(stateOf(status, "h1")).toMatchObject({ state: "not ready", missing: ["policy"] });
  expect(stateOf(status, "h1")?.decider).toBeUndefined();
  expect(serviceOf(status, "brain", "policy")?.silentSince).toBeDefined();
});
