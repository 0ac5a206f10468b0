import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Dockerd, type DockerGuest, startDockerd, startGuest } from "../support/dockerd.ts";
import { type Lxc, type LxcGuest, startLxc } from "../support/lxc.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

let dockerd: Dockerd;
let lxc: Lxc;
let docker: DockerGuest;
let box: LxcGuest;
let stack: Stack;
let zram: Zram;

type Guest = Pick<DockerGuest, "run">;
const opens = async ({ run }: Guest) => (await run(`dd if=/dev/${zram.name} of=/dev/null count=1`)).code === 0;
const has = async ({ run }: Guest) => (await run(`test -e /dev/${zram.name}`)).code === 0;

beforeAll(async () => {
  [dockerd, lxc] = [await startDockerd(2), await startLxc()];
  docker = await startGuest(dockerd, "web");
  box = await lxc.create("box");
  stack = await startStack(
    `version: 1
rules:
  - name: disks begin in docker
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give: { runtime: docker, container: web }
`,
    { env: { UDEVNS_RUNTIMES: "docker,lxc", UDEVNS_DOCKER_SOCKET: dockerd.socket, UDEVNS_LXC_PATH: lxc.path } },
  );
  const listed = async () => JSON.parse((await stack.command("containers", "--json")).stdout) as unknown[];
  await until(async () => (await listed()).length === 2, "both to be taken in");
  zram = plugZram();
  await until(() => has(docker), "the node in docker");
});

afterAll(async () => {
  zram?.unplug();
  await stack?.stop();
  await lxc?.stop();
  await dockerd?.stop();
});

test("a unit goes from Docker to LXC", async () => {
  expect([await opens(docker), await has(box)]).toEqual([true, false]);
  expect(await stack.command("move", zram.devpath, "box")).toMatchObject({ code: 0 });
  await until(() => has(box), "the node in LXC");
  expect([await has(docker), await opens(box)]).toEqual([false, true]);
});

test("and the one who lost it cannot open it by a node of its own", async () => {
  const made = await docker.run(
    `mknod /tmp/own b ${zram.devnum.replace(":", " ")} && dd if=/tmp/own of=/dev/null count=1`,
  );
  expect(made.output).toContain("Operation not permitted");
});

test("and back, while a program holds it open: its holder is named in the status", async () => {
  await box.run(`sleep 100 < /dev/${zram.name} > /dev/null 2>&1 &`);
  expect(await stack.command("move", zram.devpath, "web")).toMatchObject({ code: 0 });
  await until(() => has(docker), "the node in docker");
  expect(await has(box)).toBe(false);
  await until(
    async () =>
      /still open though taken: zram\d+ by sleep \(pid \d+, fd 0\) in box/.test((await stack.command("status")).stdout),
    "the status to name the holder",
  );
  await box.run("kill $(ps | awk '/sleep 100$/ { print $1 }')");
  await until(async () => !(await stack.command("status")).stdout.includes("still open"), "the holder to be gone");
});
