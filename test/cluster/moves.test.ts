import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Bus, connectBus } from "@udevns/bus";
import { type Listener, listenIn } from "../support/listener.ts";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { allReady, startService } from "../support/service.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { udevns } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { makeRunDir } from "./support/run-dir.ts";

// Two hosts, as far as udevns is concerned: each has services of its own. Both hear this machine's kernel, so the rules tell them apart.
const HOSTS = ["north", "south"] as const;
const roles = ["capture", "inventory", "devnode", "injector"] as const;

const cleanUps = new CleanUps();
let server: TestServer;
let bus: Bus;
let northern: Zram;
let southern: Zram;
let anywhere: Zram;

interface Guest {
  readonly container: Throwaway;
  readonly listener: Listener;
}

async function startGuest(userns: boolean): Promise<Guest> {
  const container = await startThrowaway("desk", { userns });
  cleanUps.add(() => container.stop());
  const listener = listenIn(container);
  cleanUps.add(() => listener.close());
  return { container, listener };
}

const on = (host: string) => ({ NATS_URL: server.url, UDEVNS_HOST: host });
const attach = (host: string, { container }: Guest, ...more: string[]) =>
  udevns(on(host), "attach", "desk", "--pid", String(container.pid), ...more);
const detach = (host: string) => udevns(on(host), "detach", "desk");

/** Which of the three disks a guest can open, and what it has heard of each. */
async function stateOf({ container, listener }: Guest): Promise<Record<string, string>> {
  const disks = { northern, southern, anywhere };
  const states = Object.entries(disks).map(async ([name, { devpath, name: node }]) => {
    const { code } = await container.run(`test -b /dev/${node}`);
    return [name, `${code === 0 ? "has" : "has not"}, heard ${listener.actions(devpath).join(" ") || "nothing"}`];
  });
  return Object.fromEntries(await Promise.all(states));
}

async function settles(guest: Guest, wanted: Record<string, string>): Promise<void> {
  const same = async () => JSON.stringify(await stateOf(guest)) === JSON.stringify(wanted);
  await until(same, "the guest's disks").catch(() => undefined);
  expect(await stateOf(guest)).toEqual(wanted);
}

const ownersOf = async (host: string, { name }: Zram): Promise<readonly string[]> => {
  const devices = JSON.parse(await udevns(on(host), "devices", "--json")) as { devpath: string; owners?: string[] }[];
  return devices.find(({ devpath }) => devpath.endsWith(`/${name}`))?.owners ?? [];
};

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), "udevns-moves-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  server = await startNatsServer();
  cleanUps.add(() => server.close());
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  cleanUps.add(() => bus.close());
  [northern, southern, anywhere] = [plugZram(), plugZram(), plugZram()];
  for (const zram of [northern, southern, anywhere]) cleanUps.add(() => zram.unplug());
  const policy = join(directory, "policy.yaml");
  writeFileSync(
    policy,
    `version: 1
rules:
  - name: the north's disk
    match: { host: north, devname: ${northern.name} }
    give: { container: desk }
  - name: the south's disk
    match: { host: "s*", devname: ${southern.name} }
    give: { labels: { seat: left } }
  - name: a disk wherever it is
    match: { devname: ${anywhere.name} }
    give: { container: desk }
`,
  );
  await udevns({ NATS_URL: server.url }, "provision", "--hosts", HOSTS.join());
  const env = { NATS_URL: server.url, UDEVNS_POLICY: policy };
  const policies = startService("policy", { ...env, UDEVNS_HOST: "brain", UDEVNS_HOSTS: HOSTS.join() });
  const services = HOSTS.flatMap((host) => {
    const runDir = makeRunDir(`moves-${process.pid}-${host}`);
    cleanUps.add(() => runDir.close());
    return roles.map((role) => startService(role, { ...env, UDEVNS_HOST: host, UDEVNS_RUN_DIR: runDir.path }));
  });
  cleanUps.add(() => Promise.all([policies, ...services].map((service) => service.stop())));
  await allReady(bus, [policies, ...services]);
});
afterAll(() => cleanUps.run());

const first = {} as { guest: Guest };

test("a container gets the units of the host it runs on by the rules that hold there", async () => {
  first.guest = await startGuest(true);
  await attach("north", first.guest, "--label", "seat=left");
  await settles(first.guest, {
    northern: "has, heard add",
    southern: "has not, heard nothing",
    anywhere: "has, heard add",
  });
  expect(await ownersOf("north", anywhere)).toEqual(["desk"]);
  expect(await ownersOf("south", anywhere)).toEqual([]);
});

test("when it moves, the host it left takes its units and the other gives its own", async () => {
  const moved = await startGuest(false);
  await detach("north");
  await attach("south", moved, "--label", "seat=left");
  await settles(first.guest, {
    northern: "has not, heard add remove",
    southern: "has not, heard nothing",
    anywhere: "has not, heard add remove",
  });
  await settles(moved, {
    northern: "has not, heard nothing",
    southern: "has, heard add",
    anywhere: "has, heard add",
  });
  expect(await ownersOf("north", anywhere)).toEqual([]);
  expect(await ownersOf("south", anywhere)).toEqual(["desk"]);
});

test("and back again, without the label that the other host's rule asks for", async () => {
  await detach("south");
  await attach("north", first.guest);
  await settles(first.guest, {
    northern: "has, heard add remove add",
    southern: "has not, heard nothing",
    anywhere: "has, heard add remove add",
  });
});
