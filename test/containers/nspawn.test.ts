import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type NspawnGuest, startNspawn } from "../support/nspawn.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

const NAME = `machine${process.pid}`;

let machine: NspawnGuest;
let stack: Stack;
let denied: Zram;
let zram: Zram | undefined;

const listed = async () => (await stack.command("containers")).stdout.includes(NAME);
const present = async (path: string) => (await machine.run(`test -e ${path}`)).code === 0;
/** What the udevd inside has written down about it: it does so once it has handled its event. */
const record = ({ devnum }: Zram) => `/run/udev/data/b${devnum}`;
const opens = async ({ name }: Zram) => (await machine.run(`dd if=/dev/${name} of=/dev/null count=1`)).code === 0;

beforeAll(async () => {
  machine = await startNspawn(NAME);
  denied = plugZram();
  stack = await startStack(
    `version: 1
rules:
  - { name: not this one, match: { devname: ${denied.name} }, deny: true }
  - name: disks
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give: { runtime: nspawn, container: ${NAME}, group: disk }
`,
    { env: { UDEVNS_RUNTIMES: "nspawn", UDEVNS_MACHINES_DIR: machine.machines } },
  );
  await until(listed, "the machine to be taken in");
});

afterAll(async () => {
  zram?.unplug();
  denied?.unplug();
  await stack?.stop();
  await machine?.remove();
});

test("a device that is plugged in is opened in a machine of systemd-nspawn, and its udevd has handled it", async () => {
  zram = plugZram();
  const plugged = zram;
  await until(() => present(record(plugged)), "the udevd inside to know the device");
  expect(await opens(plugged)).toBe(true);
  expect((await machine.run(`stat -c '%u:%g %a' /dev/${plugged.name}`)).output).toBe("0:6 660\n");
  plugged.unplug();
  await until(async () => !(await present(record(plugged))), "the udevd inside to handle remove");
  expect(await present(`/dev/${plugged.name}`)).toBe(false);
});

test("its cgroup lets a device through for as long as it has it, and no other", async () => {
  zram = plugZram();
  const plugged = zram;
  await until(() => opens(plugged), "the device");
  expect([await machine.allows(`/dev/${plugged.name}`), await machine.allows(`/dev/${denied.name}`)]).toEqual([
    true,
    false,
  ]);
  expect(await stack.command("detach", NAME)).toMatchObject({ code: 0 });
  await until(async () => !(await present(`/dev/${plugged.name}`)), "the node to go");
  await until(async () => !(await machine.allows(`/dev/${plugged.name}`)), "the permission to go");
});

test("a machine that starts anew has what is plugged in", async () => {
  await machine.stop();
  await until(async () => !(await listed()), "the machine to be forgotten");
  await machine.start();
  await until(listed, "the machine to be taken in");
  await until(async () => zram !== undefined && (await opens(zram)), "the device in its new life");
  await until(async () => zram !== undefined && (await present(record(zram))), "its new udevd to know the device");
});
