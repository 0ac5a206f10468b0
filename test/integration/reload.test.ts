import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parseJson, tap } from "@udevns/bus";
import { checked, DevnodeWork, subjects } from "@udevns/protocol";
import { type Listener, listenIn } from "../support/listener.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

/** Gives one device to a container by its exact name, and keeps the other where it is. */
const policy = (owners: Record<string, string>) => `version: 1
rules:
${Object.entries(owners)
  .map(
    ([device, container]) => `  - name: ${device}
    match: { subsystem: block, devname: "${device}" }
    give: { container: ${container} }
`,
  )
  .join("")}`;

let stack: Stack;
let containers: Throwaway[];
let ears: Listener[];
let devices: [Zram, Zram];
let orders: string[] = [];

beforeAll(async () => {
  devices = [plugZram(), plugZram()];
  const [first, second] = devices;
  stack = await startStack(policy({ [first.name]: "a", [second.name]: "a" }));
  containers = [await startThrowaway("a", { userns: true }), await startThrowaway("b", { userns: true })];
  ears = containers.map((container) => listenIn(container));
  for (const container of containers) await stack.attach(container);
  tap(stack.bus, subjects.devnodeWorks(stack.host), (subject, data) => {
    const order = checked(DevnodeWork, parseJson(data, subject), subject);
    orders.push(`${order.kind} ${order.container.name} ${"device" in order ? order.device.devname : ""}`);
  });
  await stack.bus.nc.flush();
  for (const { devpath } of devices) await until(() => ears[0]!.actions(devpath).join() === "add");
});
afterAll(async () => {
  for (const ear of ears ?? []) ear.close();
  for (const container of containers ?? []) await container.stop();
  for (const device of devices ?? []) device.unplug();
  await stack?.stop();
});

/** Those who hear of orders and those who hear of what came of them have connections of their own. */
async function expectOrders(...expected: string[]): Promise<void> {
  await until(() => orders.length >= expected.length, "the orders");
  expect(orders).toEqual(expected);
}

function reload(owners: Record<string, string>): void {
  stack.writePolicy(policy(owners));
  process.kill(stack.pid, "SIGHUP");
}

test("SIGHUP puts another policy in force and carries out only the difference, there and back again", async () => {
  const [moved, kept] = devices;
  for (let round = 1; round <= 2; round += 1) {
    orders = [];
    reload({ [moved.name]: "b", [kept.name]: "a" });
    await until(() => ears[1]!.actions(moved.devpath).length === 2 * round - 1, "b to hear add");
    await expectOrders(`take a ${moved.name}`, `give b ${moved.name}`);
    orders = [];
    reload({ [moved.name]: "a", [kept.name]: "a" });
    await until(() => ears[0]!.actions(moved.devpath).length === 2 * round + 1, "a to hear add again");
    await expectOrders(`take b ${moved.name}`, `give a ${moved.name}`);
  }
  expect(ears[0]!.actions(kept.devpath)).toEqual(["add"]);
});

test("a policy that is reloaded while the server is down holds when it is back, and nobody else is started again for either", async () => {
  const [moved, kept] = devices;
  const roles = ["capture", "inventory", "policy", "devnode", "injector"] as const;
  const pids = () => roles.map((role) => stack.status(role)?.pid);
  const before = pids();
  const server = stack.natsPid();
  orders = [];
  stack.kill("nats-server");
  reload({ [moved.name]: "b", [kept.name]: "a" });
  await until(() => ears[1]!.actions(moved.devpath).at(-1) === "add", "b to hear add");
  expect(stack.natsPid()).not.toBe(server);
  expect(pids()).toEqual(before);
  reload({ [moved.name]: "a", [kept.name]: "a" });
  await until(() => ears[1]!.actions(moved.devpath).at(-1) === "remove", "b to lose it again");
  await until(() => ears[0]!.actions(moved.devpath).at(-1) === "add", "a to have it again");
});

test("a service that is being started is not ended by a reload", async () => {
  const before = stack.status("inventory")?.pid;
  stack.kill("inventory");
  const back = stack.restarted("inventory", before);
  const timer = setInterval(() => process.kill(stack.pid, "SIGHUP"), 10);
  await back.finally(() => clearInterval(timer));
  expect(stack.log()).toContain("inventory was ended by SIGKILL");
  expect(stack.log()).not.toContain("SIGHUP");
});

test("a file with a mistake keeps the policy in force, and the log says where the mistake is", async () => {
  const [moved, kept] = devices;
  orders = [];
  stack.writePolicy(policy({ [moved.name]: "b" }).replace("match:", "mach:"));
  process.kill(stack.pid, "SIGHUP");
  await until(() => stack.log().includes("the policy in force stays"), "the refusal in the log");
  await until(() => /policy\.yaml:4:\d+: .*`mach`/.test(stack.log()), "its place in the log");
  reload({ [moved.name]: "a", [kept.name]: "b" });
  await until(() => ears[1]!.actions(kept.devpath).join() === "add", "the next good file to hold");
  expect(orders).toEqual([`take a ${kept.name}`, `give b ${kept.name}`]);
});
