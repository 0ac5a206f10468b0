import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bus, connectBus, provision } from "@udevns/bus";
import { streamNames } from "@udevns/protocol";
import { PaperHost } from "../cluster/support/paper-host.ts";
import { startNatsServer } from "../support/nats-server.ts";
import { allReady, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

/**
 * `node --import tsx test/sim/main.ts [HOSTS] [EVENTS per host] [REPLICAS]`: paper hosts against a real nats-server and real policy
 * replicas. Prints one JSON line: orders a second, how long the last order came after the last event, memory.
 */
const [hosts = 10, events = 20, replicas = 2] = process.argv.slice(2).map(Number);
const names = Array.from({ length: hosts }, (_, index) => `sim-${index}`);
const cleanUps: (() => unknown)[] = [];

try {
  process.stdout.write(`${JSON.stringify(await simulate())}\n`);
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
}

async function simulate(): Promise<Record<string, number>> {
  const directory = mkdtempSync(join(tmpdir(), "udevns-sim-"));
  cleanUps.push(() => rmSync(directory, { recursive: true }));
  const server = await startNatsServer();
  cleanUps.push(() => server.close());
  const bus = await connectBus({ url: server.url, name: "sim", wait: true });
  cleanUps.push(() => bus.close());
  await provision(bus, { hosts: names, replicas: 1, hostBytes: 12 << 20 });
  const paper = await Promise.all(names.map((name) => PaperHost.open(bus, name)));
  await Promise.all(paper.map((host) => host.startContainer("guest")));
  const policy = join(directory, "policy.yaml");
  writeFileSync(
    policy,
    "version: 1\nrules:\n  - name: disks\n    match: { subsystem: block }\n    give: { container: guest }\n",
  );
  const env = { NATS_URL: server.url, UDEVNS_HOSTS: "*", UDEVNS_POLICY: policy };
  const services = Array.from({ length: replicas }, (_, index) =>
    startService("policy", { ...env, UDEVNS_HOST: `replica-${index}` }),
  );
  cleanUps.push(() => Promise.all(services.map((service) => service.kill())));
  await allReady(bus, services);
  const beganAt = performance.now();
  await until(async () => (await orders(bus)) >= hosts, "every host to have a term", 300_000);
  const assignedAt = performance.now();
  const before = await orders(bus);
  for (let event = 1; event <= events; event += 1) await Promise.all(paper.map((host) => host.plug(event)));
  const saidAt = performance.now();
  await until(async () => (await orders(bus)) >= before + hosts * events, "every order", 300_000);
  const doneAt = performance.now();
  return {
    hosts,
    events: hosts * events,
    replicas,
    msToAssign: Math.round(assignedAt - beganAt),
    ordersPerSecond: Math.round((hosts * events * 1000) / (doneAt - assignedAt)),
    lagMs: Math.round(doneAt - saidAt),
    replicaMegabytes: Math.max(...services.map(({ pid }) => residentMegabytes(pid))),
  };
}

/** Messages in all logs of orders, the terms included. */
async function orders(bus: Bus): Promise<number> {
  let sum = 0;
  for (let at = 0; at < names.length; at += 64) {
    const infos = await Promise.all(
      names.slice(at, at + 64).map((name) => bus.jsm.streams.info(streamNames.devnode(name))),
    );
    sum += infos.reduce((total, { state }) => total + state.last_seq, 0);
  }
  return sum;
}

function residentMegabytes(pid: number): number {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
