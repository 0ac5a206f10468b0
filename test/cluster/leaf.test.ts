import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Bucket, type Bus, connectBus, leafDomain, provision, readLog } from "@udevns/bus";
import { bucketNames, streamNames, subjects } from "@udevns/protocol";
import { freePort, startNatsServer, type TestServer } from "../support/nats-server.ts";
import { allReady, startService } from "../support/service.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { udevns } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { PaperHost } from "./support/paper-host.ts";

const HOST = "edge";
const cleanUps = new CleanUps();
let hub: TestServer;
let leaf: TestServer;
let proxy: TcpProxy;
let atHub: Bus;
let atLeaf: Bus;
let edge: PaperHost;
let directory: string;

const storeOf = (name: string): string => join(directory, `${name}.store`);

/** The shipped configuration, with what a test cannot have: users, certificates and fixed ports left out. */
function shipped(name: string, changes: Record<string, string>): string {
  const file = fileURLToPath(new URL(`../../infra/nats/${name}`, import.meta.url));
  let text = readFileSync(file, "utf8")
    .replace(/^(listen|http|include).*$/gm, "")
    .replace(/^tls \{[^}]*\}/m, "")
    .replace(/store_dir.*/, `store_dir: "${storeOf(name)}"`);
  for (const [from, to] of Object.entries(changes)) text = text.replaceAll(from, to);
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const policy = (container: string) =>
  `version: 1\nrules:\n  - name: disks for ${container}\n    match: { subsystem: block }\n    give: { container: ${container} }\n`;

async function applyAtHub(container: string): Promise<void> {
  const file = join(directory, "policy.yaml");
  writeFileSync(file, policy(container));
  await udevns({ NATS_URL: hub.url, UDEVNS_HOST: HOST }, "policy", "apply", file);
}

const plugAndGive = async (number: number) => {
  await edge.plug(number);
  await until(async () => (await edge.gives()).length >= number, `order ${number} at the leaf`, 40_000);
};

/** Units that the hub's audit tells of, in its order. */
async function auditAtHub(): Promise<string[]> {
  const stored = await readLog(atHub, streamNames.audit, { sequence: 1 });
  return stored
    .filter(({ subject }) => subject === subjects.audit(HOST, "decision"))
    .map(({ data }) => (JSON.parse(Buffer.from(data).toString()) as { unit: string }).unit);
}

const devicesAt = async (bus: Bus) =>
  (await new Bucket(bus, bucketNames.devices).list(`${HOST}.`)).map(({ key, value }) => `${key} ${value}`).sort();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-leaf-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  const leafPort = await freePort();
  // Else the hub tells its leaves the address behind the proxy, and a cut cuts nothing.
  const listen = `127.0.0.1:${leafPort}\n  no_advertise: true`;
  hub = await startNatsServer({
    config: shipped("hub.conf", { "0.0.0.0:7422": listen }),
    store: storeOf("hub.conf"),
  });
  cleanUps.add(() => hub.close());
  proxy = await startTcpProxy(leafPort);
  cleanUps.add(() => proxy.close());
  const config = shipped("leaf.conf", {
    $UDEVNS_NATS_NAME: leafDomain(HOST),
    $UDEVNS_NATS_HUB: `nats://127.0.0.1:${proxy.port}\n      `,
  });
  leaf = await startNatsServer({ config, store: storeOf("leaf.conf") });
  cleanUps.add(() => leaf.close());
  atHub = await connectBus({ url: hub.url, name: "test", wait: true });
  cleanUps.add(() => atHub.close());
  atLeaf = await connectBus({ url: leaf.url, name: "test", wait: true });
  cleanUps.add(() => atLeaf.close());
  await provision(atHub, { hosts: [], replicas: 1, leaves: [HOST] });
  await provision(atLeaf, { hosts: [HOST], replicas: 1, hub: "hub" });
  await applyAtHub("first");
  edge = await PaperHost.open(atLeaf, HOST);
  await edge.startContainer("first");
  await edge.startContainer("second");
  const env = { NATS_URL: leaf.url, UDEVNS_HOST: HOST, UDEVNS_POLICY: join(directory, "none.yaml") };
  const service = startService("policy", env);
  cleanUps.add(() => service.kill());
  await allReady(atLeaf, [service]);
}, 90_000);
afterAll(() => cleanUps.run(), 60_000);

test("provision finds nothing to change a second time", async () => {
  const again = [
    ...(await provision(atHub, { hosts: [], replicas: 1, leaves: [HOST] })),
    ...(await provision(atLeaf, { hosts: [HOST], replicas: 1, hub: "hub" })),
  ];
  expect(again.filter(({ action }) => action !== "keep")).toEqual([]);
});

test("the host decides by the hub's policy, and the hub sees its devices", async () => {
  await plugAndGive(1);
  await until(async () => (await devicesAt(atHub)).length === 1, "the device at the hub", 40_000);
  expect(await devicesAt(atHub)).toEqual(await devicesAt(atLeaf));
}, 90_000);

test("cut off, it goes on by what it knows; healed, both sides agree and the audit has it all once", async () => {
  proxy.cut();
  await plugAndGive(2);
  await applyAtHub("second");
  await plugAndGive(3);
  expect(await auditAtHub()).not.toContain("/devices/virtual/block/paper3");
  proxy.mend();
  await until(async () => (await devicesAt(atHub)).length === 3, "the devices at the hub", 60_000);
  expect(await devicesAt(atHub)).toEqual(await devicesAt(atLeaf));
  const wanted = [1, 2, 3].map((number) => `/devices/virtual/block/paper${number}`);
  // The policy that was changed meanwhile moves each to the other container: a second decision about each.
  await until(async () => (await auditAtHub()).length >= 6, "the audit at the hub", 60_000);
  expect((await auditAtHub()).slice(0, 3)).toEqual(wanted);
  expect((await auditAtHub()).slice(3).sort()).toEqual(wanted);
}, 150_000);
