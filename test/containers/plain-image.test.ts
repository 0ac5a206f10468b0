import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Dockerd, type DockerGuest, startDockerd, startGuest } from "../support/dockerd.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

let dockerd: Dockerd;
let guest: DockerGuest;
let others: Record<"none" | "udevd", DockerGuest>;
let stack: Stack;
let zram: Zram;

/** Events of the device that libudev's monitor in the container has printed, each with its properties. */
async function events(action: string): Promise<string[]> {
  const { output } = await guest.run("cat /tmp/monitor");
  return output
    .split("\n\n")
    .filter(
      (text) => text.startsWith("UDEV  ") && text.includes(`${action} `) && text.includes(`DEVPATH=${zram.devpath}\n`),
    );
}

beforeAll(async () => {
  dockerd = await startDockerd(1);
  guest = await startGuest(dockerd, "plain", { labels: { "udevns.enable": "true" } });
  others = {
    none: await startGuest(dockerd, "none", { labels: { "udevns.udev": "none" } }),
    udevd: await startGuest(dockerd, "udevd", { labels: { "udevns.udev": "udevd" } }),
  };
  stack = await startStack(
    `version: 1
rules:
  - name: disks
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give:
      container: [plain, none, udevd]
      share: true
      nodes: [{ links: "disk/by-id/scratch-{number}" }]
`,
    { env: dockerd.env },
  );
});

afterAll(async () => {
  zram?.unplug();
  await stack?.stop();
  await dockerd?.stop();
});

test("libudev inside finds a udev from the moment that the container is known, before any device", async () => {
  await until(async () => (await guest.run("test -f /run/udev/control")).code === 0, "/run/udev/control");
  expect((await guest.run("ls /lib/systemd/systemd-udevd")).code).not.toBe(0);
});

test("a libudev monitor inside hears the device with its properties", async () => {
  await guest.start("udevadm monitor --udev --property > /tmp/monitor 2>&1");
  await until(async () => (await guest.run("cat /tmp/monitor")).output.includes("UDEV -"), "the monitor to listen");
  zram = plugZram();
  await until(async () => (await events("add")).length > 0, "the monitor to hear add");
  const [heard = "", ...more] = await events("add");
  expect(more).toEqual([]);
  expect(heard.split("\n")).toEqual(
    expect.arrayContaining([
      "SUBSYSTEM=block",
      `DEVNAME=/dev/${zram.name}`,
      "DEVTYPE=disk",
      `DEVLINKS=/dev/disk/by-id/scratch-${zram.name.slice(4)}`,
      expect.stringMatching(/^USEC_INITIALIZED=\d+$/),
    ]),
  );
});

test("udevadm info inside shows it as initialized, by its node and by its link", async () => {
  const number = zram.name.slice(4);
  for (const name of [`/dev/${zram.name}`, `/dev/disk/by-id/scratch-${number}`]) {
    const { output } = await guest.run(`udevadm info ${name} | cat`);
    expect(output).toContain(`P: ${zram.devpath}`);
    expect(output).toContain(`S: disk/by-id/scratch-${number}`);
    expect(output).toMatch(/E: USEC_INITIALIZED=\d+/);
  }
  expect((await guest.run(`dd if=/dev/${zram.name} of=/dev/null count=1`)).code).toBe(0);
});

test("its removal is heard, and its record is gone", async () => {
  zram.unplug();
  await until(async () => (await events("remove")).length > 0, "the monitor to hear remove");
  expect((await guest.run("ls /run/udev/data")).output.trim()).toBe("");
  expect((await guest.run("ls /dev/disk")).code).not.toBe(0);
});

test("the label udevns.udev decides who tells its programs: with none udevns does from the start, with udevd it leaves that alone", async () => {
  zram = plugZram();
  const { none, udevd } = others;
  const record = `/run/udev/data/b${zram.devnum}`;
  const has = async ({ run }: DockerGuest, path: string) => (await run(`test -e ${path}`)).code === 0;
  await until(() => has(none, record), "the record in the one");
  await until(() => has(udevd, `/dev/${zram.name}`), "the node in the other");
  expect([await has(none, "/run/udev/control"), await has(udevd, "/run/udev")]).toEqual([true, false]);
});
