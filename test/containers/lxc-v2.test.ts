import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Lxc, type LxcGuest, startLxc } from "../support/lxc.ts";
import { shell } from "../support/shell.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

const NAME = `box${process.pid}`;

let lxc: Lxc;
let box: LxcGuest;
let stack: Stack;
let zram: Zram;
let other: Zram;

/** Opens a node of the host from within the container's cgroup: whether its program lets the number through. */
const isAllowed = async ({ name }: Zram): Promise<boolean> => {
  const script = `echo $$ > "/sys/fs/cgroup/unified/lxc.payload.$1/cgroup.procs"; exec dd if="/dev/$2" of=/dev/null count=1`;
  return await shell(script, NAME, name).then(
    () => true,
    (error: Error) => {
      if (error.message.includes("Operation not permitted")) return false;
      throw error;
    },
  );
};

beforeAll(async () => {
  lxc = await startLxc();
  box = await lxc.create(NAME, { limited: true, cgroup: 2 });
  other = plugZram();
  stack = await startStack(
    `version: 1
rules:
  - { name: not this one, match: { devname: ${other.name} }, deny: true }
  - { name: disks, match: { subsystem: block, devname: "zram*", arrival: inserted }, give: { container: ${NAME} } }
`,
    { env: { UDEVNS_RUNTIMES: "lxc", UDEVNS_LXC_PATH: lxc.path } },
  );
  await until(async () => (await stack.command("containers")).stdout.includes(NAME), "the container to be taken in");
});

afterAll(async () => {
  zram?.unplug();
  other?.unplug();
  await stack?.stop();
  await lxc?.stop();
});

test("LXC on cgroup v2 is told by its own command, and opens the device that it was given and no other", async () => {
  zram = plugZram();
  await until(
    async () => (await box.run(`dd if=/dev/${zram.name} of=/dev/null count=1`)).code === 0,
    "the device inside",
  );
  expect([await isAllowed(zram), await isAllowed(other)]).toEqual([true, false]);
});

test("and loses the permission with the device", async () => {
  expect(await stack.command("detach", NAME)).toMatchObject({ code: 0 });
  await until(async () => (await box.run(`test -e /dev/${zram.name}`)).code !== 0, "the node to go");
  await until(async () => !(await isAllowed(zram)), "the permission to go");
});
