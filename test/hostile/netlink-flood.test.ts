import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { LogWriter } from "@udevns/bus";
import { type InjectWork, streamNames, subjects } from "@udevns/protocol";
import { giveOrder } from "../../services/devnode/test/support/builders.ts";
import { type Listener, listenIn } from "../support/listener.ts";
import { type LoneServices, startBusForServices } from "../support/lone-services.ts";
import type { Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { type Attack, startAttack } from "./support/attacker.ts";
import { startSpecial } from "./support/containers.ts";
import { targetFor } from "./support/workbench.ts";

let services: LoneServices;
let writer: LogWriter;
let hostile: Throwaway;
let peaceful: Throwaway;
let ear: Listener;
const attacks: Attack[] = [];

beforeAll(async () => {
  services = await startBusForServices();
  await services.start("injector");
  writer = await LogWriter.open(services.bus, streamNames.inject(services.host));
});
afterAll(() => services?.stop());
beforeEach(async () => {
  hostile = await startSpecial({ userns: true });
  peaceful = await startSpecial({ userns: true });
  ear = listenIn(peaceful);
});
afterEach(async () => {
  for (const attack of attacks.splice(0)) await attack.stop();
  ear.close();
  await hostile.stop();
  await peaceful.stop();
});

let sent = 0;
function send(container: Throwaway, devpath: string): void {
  const { uevent, v, boot, hops } = giveOrder(devpath);
  const work: InjectWork = {
    ...{ v, boot, hops, uevent, subsystem: "block", audience: { kind: "kernel" } },
    ...{ id: `work-${sent++}`, host: services.host, container: targetFor(container) },
  };
  void writer.publish(subjects.injectWork(services.host, container.name), work, work.id);
}
const counter = (name: string) => services.status("injector")?.counters[name] ?? 0;

test("listeners that read nothing hold up their own container, for a while, and no other", async () => {
  attacks.push(await startAttack(hostile, "deaf", "200"));
  const waiting = listenIn(hostile);
  const before = counter("injected_done");
  const stuck = counter("listeners_stuck");
  for (let index = 0; index < 400; index += 1) send(hostile, `/devices/hostile${index}`);
  for (let index = 0; index < 50; index += 1) send(peaceful, `/devices/peaceful${index}`);
  await until(() => ear.events.length === 50, "the other container to hear all of its own");
  expect(ear.events.map(({ devpath }) => devpath)).toEqual(
    Array.from({ length: 50 }, (_, at) => `/devices/peaceful${at}`),
  );
  await until(() => counter("injected_done") - before === 450, "the rest to be sent all the same");
  expect(counter("listeners_stuck") - stuck).toBeGreaterThan(0);
  await until(() => waiting.events.length === 400, "a listener that does read to hear them too");
  expect(ear.events.at(-1)?.receivedAtNs).toBeLessThan(waiting.events.at(-1)?.receivedAtNs as bigint);
  waiting.close();
});

test("a container that floods its own namespace keeps no event from another", async () => {
  attacks.push(await startAttack(hostile, "flood"), await startAttack(hostile, "deaf", "3"));
  for (let index = 0; index < 50; index += 1) {
    send(hostile, `/devices/hostile${index}`);
    send(peaceful, `/devices/peaceful${index}`);
  }
  await until(() => ear.events.length === 50, "the other container to hear all of its own");
  expect(ear.events.filter(({ devpath }) => !devpath.startsWith("/devices/peaceful"))).toEqual([]);
});
