import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Listener, listenIn } from "../support/listener.ts";
import { shell } from "../support/shell.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";

const NAME = `udvt${process.pid % 100_000}`;
const DEVPATH = `/devices/virtual/net/${NAME}`;

let stack: Stack;
let owner: Throwaway;
let listener: Listener;

const isHere = () => existsSync(`/sys/class/net/${NAME}`);
const isThere = async () => (await owner.run("cat /proc/net/dev")).stdout.includes(`${NAME}:`);
const heard = () => listener.events.filter(({ devpath }) => devpath === DEVPATH).map(({ action }) => action);

beforeAll(async () => {
  owner = await startThrowaway("owner", { userns: true });
  listener = listenIn(owner);
  stack = await startStack(
    `version: 1
rules:
  - { name: this one, match: { subsystem: net, udev: 'KERNEL=="${NAME}"' }, give: { container: owner } }
`,
    { env: { UDEVNS_RUNTIMES: "none" } },
  );
  await stack.attach(owner);
});

afterAll(async () => {
  await stack?.stop();
  listener?.close();
  await owner?.stop();
  if (isHere()) await shell(`ip link delete ${NAME}`);
});

test("an interface that is plugged in goes to its owner, and the kernel alone tells of it", async () => {
  await shell(`ip tuntap add dev ${NAME} mode tap`);
  await until(isThere, "the interface in the container");
  expect(isHere()).toBe(false);
  await until(() => heard().includes("add"), "add in the container");
  expect(heard().filter((action) => action === "add")).toHaveLength(1);
});

test("and comes back when its container is no longer one of ours", async () => {
  expect(await stack.command("detach", "owner")).toMatchObject({ code: 0 });
  await until(isHere, "the interface on the host");
  expect(await isThere()).toBe(false);
  await until(() => heard().includes("remove"), "remove in the container");
  expect(heard().filter((action) => action === "remove")).toHaveLength(1);
});
