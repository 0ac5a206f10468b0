import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { type Lxc, type LxcGuest, startLxc } from "../support/lxc.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

let lxc: Lxc;
let guest: LxcGuest;
let stack: Stack;
let zram: Zram | undefined;

const present = async (path: string) => (await guest.run(`test -e ${path}`)).code === 0;
const record = ({ devnum }: Zram) => `/run/udev/data/b${devnum}`;
/** How often the container's udevd has handled an `add` of the device, as its monitor wrote it down. */
const heard = async ({ devpath }: Zram, action: string) =>
  (await guest.run(`cat /tmp/monitor`)).output
    .split("\n")
    .filter((line) => line.startsWith("UDEV") && line.includes(` ${action} `) && line.includes(`${devpath} `)).length;
const monitor = async () => {
  // Its number is another's once the container has had another life.
  await guest.run("kill $(cat /tmp/monitor.pid); rm -f /tmp/monitor.pid");
  await guest.run("udevadm monitor --udev > /tmp/monitor 2>&1 < /dev/null & echo $! > /tmp/monitor.pid");
  await until(async () => (await guest.run("cat /tmp/monitor")).output.includes("UDEV -"), "the monitor to listen");
};

beforeAll(async () => {
  lxc = await startLxc();
  guest = await lxc.create("box", { labels: { seat: "one" }, limited: true });
  stack = await startStack(
    `version: 1
rules:
  - name: disks for seat one
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give: { labels: { seat: one }, group: disk }
`,
    { env: { UDEVNS_RUNTIMES: "lxc", UDEVNS_LXC_PATH: lxc.path } },
  );
  await until(async () => (await stack.command("containers")).stdout.includes("box"), "box to be taken in");
});

beforeEach(monitor);

afterEach(() => {
  zram?.unplug();
  zram = undefined;
});

afterAll(async () => {
  await stack?.stop();
  await lxc?.stop();
});

test("a device that is plugged in is opened inside, and its udevd has handled it", async () => {
  zram = plugZram();
  const plugged = zram;
  await until(async () => (await heard(plugged, "add")) === 1, "the udevd inside to handle add");
  expect(
    await guest.run(`stat -c '%t %U:%G' /dev/${plugged.name}; dd if=/dev/${plugged.name} of=/dev/null count=1`),
  ).toMatchObject({ code: 0 });
  expect((await guest.run(`udevadm info /dev/${plugged.name}`)).output).toContain("ID_HANDLED_INSIDE=yes");
  plugged.unplug();
  await until(async () => (await heard(plugged, "remove")) === 1, "the udevd inside to handle remove");
  expect(await present(`/dev/${plugged.name}`)).toBe(false);
  expect(await present(record(plugged))).toBe(false);
});

test("a container that starts gets what is already plugged in, once its udevd listens", async () => {
  zram = plugZram();
  const plugged = zram;
  await until(async () => (await heard(plugged, "add")) === 1, "add");
  await guest.run("touch /no-udevd; rm -rf /run/udev /tmp/monitor /tmp/monitor.pid");
  await guest.stop();
  await guest.start();
  await until(() => present(`/dev/${plugged.name}`), "the node in the new life of the container");
  expect((await guest.run(`dd if=/dev/${plugged.name} of=/dev/null count=1`)).code).toBe(0);
  await guest.run("rm /no-udevd");
  await monitor();
  await guest.run("/lib/systemd/systemd-udevd --daemon");
  await until(() => present(record(plugged)), "the udevd inside to know the device");
});

test("freeze and unfreeze are seen", async () => {
  const state = async () =>
    (JSON.parse((await stack.command("containers", "--json")).stdout) as { state: string }[])[0];
  await guest.freeze();
  await until(async () => (await state())?.state === "paused", "paused");
  await guest.unfreeze();
  await until(async () => (await state())?.state === "running", "running");
});

test("its udevd starts anew: it knows the device still, and nothing is told twice", async () => {
  zram = plugZram();
  const plugged = zram;
  await until(() => present(record(plugged)), "the udevd inside to know the device");
  await monitor();
  await guest.run("kill $(ps | awk '/systemd-udevd/ && !/awk/ { print $1 }') || true");
  await until(async () => (await guest.run("ps")).output.match(/systemd-udevd/g) === null, "udevd to end");
  await guest.run("/lib/systemd/systemd-udevd --daemon");
  const marker = plugZram();
  await until(async () => (await heard(marker, "add")) === 1, "the new udevd to handle another device");
  marker.unplug();
  expect(await present(record(plugged))).toBe(true);
  expect(await heard(plugged, "add")).toBe(0);
});

test("udevns starts anew: a node that is lost is made again, nothing is told twice", async () => {
  zram = plugZram();
  const plugged = zram;
  await until(async () => (await heard(plugged, "add")) === 1, "add");
  const devnode = stack.status("devnode")?.pid as number;
  // While its supervisor is stopped nobody starts it again.
  process.kill(stack.pid, "SIGSTOP");
  try {
    process.kill(devnode, "SIGKILL");
    await guest.run(`umount /dev/${plugged.name}; rm -f /dev/${plugged.name}`);
    expect(await present(`/dev/${plugged.name}`)).toBe(false);
  } finally {
    process.kill(stack.pid, "SIGCONT");
  }
  await until(() => present(`/dev/${plugged.name}`), "the node to be made again");
  expect((await guest.run(`dd if=/dev/${plugged.name} of=/dev/null count=1`)).code).toBe(0);
  const marker = plugZram();
  await until(async () => (await heard(marker, "add")) === 1, "devnode to work again");
  marker.unplug();
  expect(await heard(plugged, "add")).toBe(1);
});

test("the rules for the host's seat: no tag and no seat of the host's is left on a device that is meant for a guest", async () => {
  const rules = readFileSync(new URL("../../infra/udev/72-udevns-host-seat.rules", import.meta.url)).toString("base64");
  await guest.run(`echo '${rules}' | busybox base64 -d > /etc/udev/rules.d/72-udevns-host-seat.rules`);
  await guest.run(
    `echo 'KERNEL=="zram*", ENV{UDEVNS_GUEST}="1", TAG+="uaccess", TAG+="systemd"' > /etc/udev/rules.d/71-guest.rules`,
  );
  await guest.run("udevadm control --reload");
  zram = plugZram();
  const plugged = zram;
  await until(async () => (await heard(plugged, "add")) === 1, "the udevd inside to handle add");
  const { output } = await guest.run(`udevadm info /dev/${plugged.name}`);
  expect(output).toContain("E: ID_SEAT=seat-udevns");
  expect(output).toContain("E: CURRENT_TAGS=:systemd:");
});
