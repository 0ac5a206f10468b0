import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Dockerd, type DockerGuest, startDockerd, startGuest } from "../support/dockerd.ts";
import { startPodman } from "../support/podman.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

/** Opens what the runtime allows by default, over and over, and writes down each time that it could not. */
const WATCH_DEFAULTS = `
while :; do
  for node in null zero full random tty; do
    : < /dev/$node || echo "$node failed" >> /tmp/failures
  done 2>> /tmp/failures
  echo x >> /tmp/rounds
done`;

describe.each([
  ["Docker", 1, startDockerd],
  ["Docker", 2, startDockerd],
  ["Podman", 1, startPodman],
  ["Podman", 2, startPodman],
] as const)("a default, unprivileged container of %s on cgroup v%i", (_, cgroup, startDaemon) => {
  let dockerd: Dockerd;
  let guest: DockerGuest;
  let stack: Stack;
  let denied: Zram;
  let zram: Zram;
  const opens = async (node: string) => (await guest.run(`dd if=/dev/${node} of=/dev/null bs=4096 count=1`)).code === 0;

  beforeAll(async () => {
    dockerd = await startDaemon(cgroup);
    guest = await startGuest(dockerd, "web", { labels: { "udevns.devices": "scratch" } });
    denied = plugZram();
    stack = await startStack(
      `version: 1
rules:
  - { name: not this one, match: { devname: ${denied.name} }, deny: true }
  - name: scratch disks for whoever asks
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give:
      labels: { udevns.devices: "*scratch*" }
      group: render
      mode: "0640"
      nodes: [{ links: "scratch/{kernel}" }]
`,
      { env: dockerd.env },
    );
    await guest.start(WATCH_DEFAULTS);
    await until(async () => (await stack.command("containers")).stdout.includes("web"), "web to be taken in");
  });

  afterAll(async () => {
    zram?.unplug();
    denied?.unplug();
    await stack?.stop();
    await dockerd?.stop();
  });

  test("cannot open a device of the same kind before", async () => {
    await guest.run(`mknod /dev/${denied.name} b ${denied.devnum.replace(":", " ")}`);
    expect(await opens(denied.name)).toBe(false);
  });

  test("gets a device that is plugged in, and reads it", async () => {
    zram = plugZram();
    writeFileSync(`/sys/block/${zram.name}/disksize`, "1M");
    await until(async () => (await guest.run(`test -b /dev/${zram.name}`)).code === 0, "the node");
    expect((await guest.run(`dd if=/dev/${zram.name} bs=4096 count=1 2>/dev/null | wc -c`)).output).toBe("4096\n");
  });

  test("gets it with mode, with its own number for the group's name, and with a link", async () => {
    expect((await guest.run(`stat -c '%a %u %g' /dev/${zram.name}; readlink /dev/scratch/${zram.name}`)).output).toBe(
      `640 0 4242\n../${zram.name}\n`,
    );
  });

  test("is still refused another device of the same major", async () => {
    expect(await opens(denied.name)).toBe(false);
  });

  test("keeps node and permission through a restart of the daemon", async () => {
    await dockerd.restart();
    await until(() => stack.log().split('"following the runtime"').length > 2, "inventory to find the daemon again");
    expect(await opens(zram.name)).toBe(true);
    expect((await stack.command("containers")).stdout.match(/^web /gm)).toHaveLength(1);
  });

  test("loses node and permission when it is unplugged", async () => {
    await guest.run(`mknod /tmp/own b ${zram.devnum.replace(":", " ")}`);
    zram.unplug();
    await until(async () => (await guest.run(`test -e /dev/${zram.name}`)).code !== 0, "the node to go");
    expect(await guest.run("dd if=/tmp/own of=/dev/null count=1")).toMatchObject({
      output: expect.stringContaining("Operation not permitted"),
    });
    await until(async () => (await guest.run("ls -d /dev/scratch")).code !== 0, "the link's directory to go");
  });

  test("could open what its runtime allows all the while", async () => {
    const { output } = await guest.run("wc -l < /tmp/rounds; cat /tmp/failures");
    const [rounds, ...failures] = output.trim().split("\n");
    expect(Number(rounds)).toBeGreaterThan(100);
    expect(failures).toEqual([]);
  });
});
