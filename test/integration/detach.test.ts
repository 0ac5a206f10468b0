import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { call } from "@udevns/bus";
import { AttachReply, Empty, type ServiceRole, subjects } from "@udevns/protocol";
import { disksForOwner } from "../support/disks-for-owner.ts";
import { type Listener, listenIn } from "../support/listener.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

const ROUNDS = 200;
const holders = ["inventory", "devnode", "injector"] as const satisfies readonly ServiceRole[];

let stack: Stack;
let zram: Zram;
let container: Throwaway;
let ear: Listener;

beforeAll(async () => {
  zram = plugZram();
  stack = await startStack(disksForOwner(zram.name));
  container = await startThrowaway("owner", { userns: true });
  ear = listenIn(container);
  await until(() => holders.every((role) => stack.status(role)?.ready === true), "their heartbeats");
});
afterAll(async () => {
  ear?.close();
  await container?.stop();
  await stack?.stop();
  zram?.unplug();
});

const heard = () => ear.actions(zram.devpath);
const hasNode = async () => (await container.run(`test -e /dev/${zram.name}`)).code === 0;
const pidOf = (role: ServiceRole) => stack.status(role)?.pid ?? 0;
const descriptors = () => holders.map((role) => readdirSync(`/proc/${pidOf(role)}/fd`).length);
/** Ours on the host, and the nodes in the container; others mount elsewhere meanwhile. */
const mounts = () =>
  [
    { pid: pidOf("devnode"), below: `${stack.env.UDEVNS_RUN_DIR}/` },
    { pid: container.pid, below: "/dev/" },
  ].map(({ pid, below }) => {
    const lines = readFileSync(`/proc/${pid}/mounts`, "utf8").split("\n");
    return lines.filter((line) => line.includes(` ${below}`));
  });
const hostNodes = () =>
  readdirSync(`${stack.env.UDEVNS_RUN_DIR}`, { recursive: true, encoding: "utf8" }).filter((path) =>
    /nodes\/.+\/.+/.test(path),
  );

async function attachAndDetach(): Promise<void> {
  const before = heard().length;
  const rpc = (method: string) => subjects.rpc(stack.host, method);
  await call(stack.bus, rpc("attach"), { name: "owner", pid: container.pid, labels: {} }, AttachReply);
  await until(() => heard().length === before + 1, "add");
  await call(stack.bus, rpc("detach"), { name: "owner" }, Empty);
  await until(() => heard().length === before + 2, "remove");
}

test("detach takes the node back and tells so, again and again; the process goes on and can be attached anew", async () => {
  await attachAndDetach();
  expect(await hasNode()).toBe(false);
  await attachAndDetach();
  expect(heard()).toEqual(["add", "remove", "add", "remove"]);
});

test("200 times attach and detach leave no descriptor, mount or node behind", async () => {
  const before = { descriptors: descriptors(), mounts: mounts() };
  for (let round = 0; round < ROUNDS; round += 1) await attachAndDetach();
  expect(hostNodes()).toEqual([]);
  expect(mounts()).toEqual(before.mounts);
  // A garbage collection may be due; a leak would be in the hundreds.
  expect(descriptors().map((count, index) => count - before.descriptors[index]! < 10)).toEqual([true, true, true]);
});

test("a container's death cleans the host's side", async () => {
  const before = heard().length;
  await stack.attach(container);
  // The last of those who hold something of it has sent it.
  await until(() => heard().length === before + 1, "add");
  expect(await hasNode()).toBe(true);
  expect(hostNodes()).toHaveLength(1);
  const open = descriptors();
  await container.stop();
  await until(() => hostNodes().length === 0, "the host's node to go");
  await until(() => descriptors().every((count, index) => count < open[index]!), "what was held of it to be closed");
  const listed = async () => JSON.parse((await stack.command("containers", "--json")).stdout) as unknown[];
  await until(async () => (await listed()).length === 0, "the container to be forgotten");
});
