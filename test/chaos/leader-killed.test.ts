import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Bus, connectBus } from "@udevns/bus";
import { streamNames } from "@udevns/protocol";
import { CleanUps } from "../cluster/support/clean-ups.ts";
import { makeRunDir } from "../cluster/support/run-dir.ts";
import { type Listener, listenIn } from "../support/listener.ts";
import { startNatsCluster, type TestCluster } from "../support/nats-cluster.ts";
import { allReady, startService } from "../support/service.ts";
import { pokeUevent } from "../support/synthetic.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { udevns } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

const EVENTS = 5_000;
const HOST = "storm";
const roles = ["capture", "inventory", "policy", "devnode", "injector"] as const;

const cleanUps = new CleanUps();
let cluster: TestCluster;
let bus: Bus;
let env: NodeJS.ProcessEnv;
let guest: Throwaway;
let listener: Listener;
let zram: Zram;

beforeAll(async () => {
  cluster = await startNatsCluster();
  cleanUps.add(() => cluster.close());
  const directory = mkdtempSync(join(tmpdir(), "udevns-storm-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  const runDir = makeRunDir(`storm-${process.pid}`);
  cleanUps.add(() => runDir.close());
  bus = await connectBus({ url: cluster.url, name: "test", wait: true });
  cleanUps.add(() => bus.close());
  zram = plugZram();
  cleanUps.add(() => zram.unplug());
  const policy = join(directory, "policy.yaml");
  writeFileSync(
    policy,
    `version: 1\nrules:\n  - name: disk\n    match: { devname: ${zram.name} }\n    give: { container: guest }\n`,
  );
  env = { NATS_URL: cluster.url, UDEVNS_HOST: HOST, UDEVNS_RUN_DIR: runDir.path, UDEVNS_POLICY: policy };
  await udevns(env, "provision", "--hosts", HOST, "--replicas", "3");
  const services = roles.map((role) => startService(role, env));
  cleanUps.add(() => Promise.all(services.map((service) => service.stop())));
  await allReady(bus, services);
  guest = await startThrowaway("guest", { userns: true });
  cleanUps.add(() => guest.stop());
  listener = listenIn(guest);
  cleanUps.add(() => listener.close());
  await udevns(env, "attach", "guest", "--pid", String(guest.pid));
  await until(() => listener.actions(zram.devpath).includes("add"), "the container to have the disk");
});
afterAll(() => cleanUps.run());

async function leaderOf(stream: string): Promise<string | undefined> {
  return (await bus.jsm.streams.info(stream).catch(() => undefined))?.cluster?.leader;
}

/** Numbers of the storm's events, as the container heard them. */
const heard = (): number[] =>
  listener.events
    .filter((event) => event.injected && event.devpath === zram.devpath && event.properties.SYNTH_ARG_N !== undefined)
    .map((event) => Number(event.properties.SYNTH_ARG_N));

test(`the container hears ${EVENTS} events once each and in order while the log's leader is killed`, async () => {
  const leader = (await leaderOf(streamNames.uevent(HOST))) as string;
  for (let number = 0; number < EVENTS; number += 1) {
    pokeUevent(zram.devpath, number);
    if (number === EVENTS / 2) {
      // In the middle means that the container has heard some and the log has not all.
      await until(() => heard().length > 0, "the storm to reach the container");
      await cluster.kill(leader);
    }
  }
  await until(() => heard().length >= EVENTS, `${EVENTS} events in the container`, 90_000).catch(() => undefined);
  expect(await leaderOf(streamNames.uevent(HOST))).not.toBe(leader);
  expect(heard()).toEqual(Array.from({ length: EVENTS }, (_, number) => number));
  await cluster.start(leader);
});
