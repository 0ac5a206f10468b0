import { parseJson, tap } from "@udevns/bus";
import { checked, type Hops, subjects, WorkResult } from "@udevns/protocol";
import { type Listener, listenIn } from "../support/listener.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";
import { type DemoReport, medianHops } from "./report.ts";
import { showReport } from "./show.ts";

const POLICY = `version: 1
rules:
  - name: new compressed disks for the owners
    match: { subsystem: block, devname: "zram*" }
    give: { labels: { demo: owner }, share: true, mode: "0660" }
`;

interface Guest {
  readonly container: Throwaway;
  readonly listener: Listener;
}

const json = process.argv.includes("--json");
const say = (text: string) => process.stderr.write(`${text}\n`);
const cleanUps: (() => Promise<void> | void)[] = [];

try {
  const report = await demo();
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : showReport(report));
  process.exitCode = report.ok ? 0 : 1;
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
}

async function demo(): Promise<DemoReport> {
  say("starting udevns: a nats-server and five services");
  const stack = await startStack(POLICY);
  cleanUps.push(() => stack.stop());
  const hops: Hops[] = [];
  tap(stack.bus, subjects.results(stack.host), (subject, data) => {
    const result = checked(WorkResult, parseJson(data, subject), subject);
    if (result.role === "inject" && result.outcome === "done") hops.push(result.hops);
  });
  say("starting four containers: an owner and a bystander with a user namespace, and the same without");
  const owners = [await guest(stack, "owner-plain", false, "owner"), await guest(stack, "owner-userns", true, "owner")];
  const bystanders = [
    await guest(stack, "bystander-plain", false, "bystander"),
    await guest(stack, "bystander-userns", true, "bystander"),
  ];

  const zram = plugZram();
  say(`plugged in ${zram.name}`);
  cleanUps.push(() => zram.unplug());
  const node = `/dev/${zram.name}`;
  await until(
    () => owners.every(({ listener }) => listener.actions(zram.devpath).includes("add")),
    "both owners to hear add",
  ).catch(say);
  const usable = await Promise.all(owners.map(({ container }) => isUsable(container, node)));
  const devnum = (await owners[0]?.container.run(`stat -c '%Hr:%Lr' ${node}`))?.stdout.trim() ?? "";
  const seen = await Promise.all(
    bystanders.map(async ({ container }) => (await container.run(`test -e ${node}`)).code === 0),
  );

  zram.unplug();
  say(`unplugged ${zram.name}`);
  await until(
    () => owners.every(({ listener }) => listener.actions(zram.devpath).includes("remove")),
    "both owners to hear remove",
  ).catch(say);
  const left = await Promise.all(
    owners.map(async ({ container }) => (await container.run(`test -e ${node}`)).code === 0),
  );

  const ownerReports = owners.map(({ container, listener }, index) => ({
    container: container.name,
    userns: container.userns,
    node,
    nodeUsable: usable[index] === true,
    nodeLeft: left[index] === true,
    actions: listener.actions(zram.devpath),
  }));
  // The kernel itself broadcasts to every namespace of the initial user namespace, until the gate (docs/kernel.md) stops it;
  // so what counts here is what udevns sent.
  const bystanderReports = bystanders.map(({ container, listener }, index) => ({
    container: container.name,
    userns: container.userns,
    node: seen[index] === true,
    events: listener.events.filter(({ injected }) => injected).length,
    kernelBroadcasts: listener.events.filter(({ injected }) => !injected).length,
  }));
  const ok =
    ownerReports.every(
      ({ nodeUsable, nodeLeft, actions }) => nodeUsable && !nodeLeft && actions.join() === "add,remove",
    ) && bystanderReports.every((each) => !each.node && each.events === 0);
  return {
    ok,
    device: { devpath: zram.devpath, devname: node, devnum },
    owners: ownerReports,
    bystanders: bystanderReports,
    latency_us: medianHops(hops),
  };
}

async function guest(stack: Stack, name: string, userns: boolean, role: string): Promise<Guest> {
  const container = await startThrowaway(name, { userns });
  cleanUps.push(() => container.stop());
  const listener = listenIn(container);
  cleanUps.push(() => listener.close());
  await stack.attach(container, { demo: role });
  return { container, listener };
}

async function isUsable(container: Throwaway, node: string): Promise<boolean> {
  const { code } = await container.run(`dd if=${node} of=/dev/null bs=4096 count=1`);
  return code === 0;
}
