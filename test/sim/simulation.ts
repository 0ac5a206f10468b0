import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bus, connectBus, provision } from "@udevns/bus";
import type { CleanUps } from "../cluster/support/clean-ups.ts";
import { PaperHost } from "../cluster/support/paper-host.ts";
import { startNatsCluster } from "../support/nats-cluster.ts";
import { startNatsServer } from "../support/nats-server.ts";
import { allReady, type ServiceProcess, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { Orders } from "./orders.ts";
import { cpuSeconds, peakMegabytes } from "./processes.ts";

export interface Plan {
  readonly hosts: number;
  /** Disks that each host is given. */
  readonly events: number;
  readonly replicas: number;
  /** nats-servers: 1 or 3. */
  readonly servers: number;
  /** Of each stream. */
  readonly copies: number;
  /** Of each host between two disks; 0 = every host is given all of them at one moment. */
  readonly pauseMs: number;
}

export interface Figures {
  /** From the replicas' readiness until each host's first event was answered: what taking over the whole fleet takes. */
  readonly secondsToTakeOver: number;
  readonly ordersPerSecond: number;
  /** From the last event to the last order. */
  readonly lagSeconds: number;
  /** From an event to its order. */
  readonly orderMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly replicaMegabytes: number;
  readonly serverMegabytes: number;
  /** Processors that were busy meanwhile. */
  readonly cores: { readonly servers: number; readonly replicas: number; readonly hosts: number };
}

const DEADLINE_MS = 600_000;
const HOST_BYTES = 12 << 20;
const POLICY = "version: 1\nrules:\n  - name: disks\n    match: { subsystem: block }\n    give: { container: guest }\n";

/** Hosts that exist only as messages, against real nats-servers and real policy replicas. */
export async function simulate(plan: Plan, cleanUps: CleanUps): Promise<Figures> {
  const servers = plan.servers === 1 ? await startNatsServer() : await startNatsCluster();
  cleanUps.add(() => servers.close());
  const bus = await connectBus({ url: servers.url, name: "sim", wait: true });
  cleanUps.add(() => bus.close());
  const hosts = await startHosts(bus, plan);
  const orders = new Orders(bus);
  const replicas = startReplicas(plan.replicas, servers.url, cleanUps);
  await allReady(bus, replicas);
  const readyAt = performance.now();
  await Promise.all(hosts.map((host) => plugAll(host, { ...plan, events: 1 }, orders)));
  await until(() => orders.missing === 0, "every host to be decided for", DEADLINE_MS);
  const takenOverAt = performance.now();
  orders.forget();

  const pids = { servers: servers.pids(), replicas: replicas.map(({ pid }) => pid), hosts: [process.pid] };
  const busyBefore = {
    servers: cpuSeconds(pids.servers),
    replicas: cpuSeconds(pids.replicas),
    hosts: cpuSeconds(pids.hosts),
  };
  const beganAt = performance.now();
  await Promise.all(hosts.map((host) => plugAll(host, plan, orders)));
  const saidAt = performance.now();
  await until(() => orders.missing === 0, "every order", DEADLINE_MS);
  const seconds = (performance.now() - beganAt) / 1000;
  const cores = (kind: keyof typeof pids) => round((cpuSeconds(pids[kind]) - busyBefore[kind]) / seconds, 2);
  const busy = { servers: cores("servers"), replicas: cores("replicas"), hosts: cores("hosts") };
  await until(() => allStoredOnce(hosts, plan.events + 1), "every order to be in its log once", DEADLINE_MS);
  return {
    secondsToTakeOver: round((takenOverAt - readyAt) / 1000, 1),
    ordersPerSecond: Math.round((plan.hosts * plan.events * 1000) / (orders.lastAt - beganAt)),
    lagSeconds: round(Math.max(0, orders.lastAt - saidAt) / 1000, 2),
    orderMs: orders.milliseconds(),
    replicaMegabytes: Math.max(...pids.replicas.map(peakMegabytes)),
    serverMegabytes: Math.max(...pids.servers.map(peakMegabytes)),
    cores: busy,
  };
}

async function startHosts(bus: Bus, plan: Plan): Promise<PaperHost[]> {
  const names = Array.from({ length: plan.hosts }, (_, index) => `sim-${index}`);
  await provision(bus, { hosts: names, replicas: plan.copies, hostBytes: HOST_BYTES });
  return await inBatches(names, async (name) => {
    const host = await PaperHost.open(bus, name);
    await host.startContainer("guest");
    return host;
  });
}

function startReplicas(count: number, url: string, cleanUps: CleanUps): ServiceProcess[] {
  const directory = mkdtempSync(join(tmpdir(), "udevns-sim-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  const policy = join(directory, "policy.yaml");
  writeFileSync(policy, POLICY);
  const env = { NATS_URL: url, UDEVNS_HOSTS: "*", UDEVNS_POLICY: policy };
  const replicas = Array.from({ length: count }, (_, index) => {
    const replica = startService("policy", { ...env, UDEVNS_HOST: `replica-${index}` });
    void replica.exited.then((code) => {
      if (code !== null) process.stderr.write(`replica-${index} ended with ${code}:\n${replica.log().slice(-2_000)}\n`);
    });
    return replica;
  });
  cleanUps.add(() => Promise.all(replicas.map((replica) => replica.kill())));
  return replicas;
}

async function plugAll(host: PaperHost, { events, pauseMs }: Plan, orders: Orders): Promise<void> {
  const stored: Promise<string>[] = [];
  // Hosts beat in no common time.
  if (pauseMs > 0) await sleep(Math.random() * pauseMs);
  for (let event = 0; event < events; event += 1) {
    const number = host.plugged + 1;
    orders.expect(host.name, PaperHost.devpath(number));
    stored.push(host.plug(number));
    if (pauseMs > 0) await sleep(pauseMs);
  }
  await Promise.all(stored);
}

async function allStoredOnce(hosts: readonly PaperHost[], events: number): Promise<boolean> {
  const given = await inBatches(hosts, (host) => host.gives());
  const twice = given.find((devpaths) => new Set(devpaths).size < devpaths.length);
  if (twice !== undefined) throw new Error(`orders were stored twice: ${twice.join(" ")}`);
  return given.every(({ length }) => length === events);
}

/** So many requests under way at once. */
const BATCH = 64;

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += BATCH)
    done.push(...(await Promise.all(items.slice(at, at + BATCH).map(work))));
  return done;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
