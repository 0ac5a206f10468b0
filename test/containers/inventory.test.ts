import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ContainerRecord } from "@udevns/protocol";
import { GenericContainer, type StartedTestContainer } from "testcontainers";
import { type Dockerd, PLAIN, startDockerd } from "../support/dockerd.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

let dockerd: Dockerd;
let stack: Stack;
let started: StartedTestContainer;
let zram: Zram | undefined;

const containers = async () => JSON.parse((await stack.command("containers", "--json")).stdout) as ContainerRecord[];
const named = async (name: string) => (await containers()).find((record) => record.name === name);
const nameOf = (container: StartedTestContainer) => container.getName().replace(/^\//, "");

beforeAll(async () => {
  dockerd = await startDockerd(1);
  process.env.DOCKER_HOST = `unix://${dockerd.socket}`;
  // Its helper would need an image that is not here, and its search for the daemon's address a network; there is none.
  Object.assign(process.env, { TESTCONTAINERS_RYUK_DISABLED: "true", TESTCONTAINERS_HOST_OVERRIDE: "localhost" });
  stack = await startStack(
    `version: 1
rules:
  - name: disks for the player
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give: { labels: { role: player } }
`,
    { env: dockerd.env },
  );
  started = await new GenericContainer(PLAIN)
    .withNetworkMode("none")
    .withCommand(["sleep", "1000000"])
    .withLabels({ role: "player" })
    .start();
});

afterAll(async () => {
  zram?.unplug();
  await started?.stop({ timeout: 0 });
  await stack?.stop();
  await dockerd?.stop();
});

test("a container that testcontainers starts is taken in with its labels and gets a device", async () => {
  await until(async () => (await named(nameOf(started))) !== undefined, "the container to be taken in");
  expect(await named(nameOf(started))).toMatchObject({
    runtime: "docker",
    id: started.getId(),
    state: "running",
    labels: { role: "player" },
  });
  zram = plugZram();
  const node = `/dev/${zram.name}`;
  await until(async () => (await started.exec(["test", "-b", node])).exitCode === 0, "the node");
  // Its exit code may be asked for before the daemon has noted it.
  const opened = async () => (await started.exec(["dd", `if=${node}`, "of=/dev/null", "count=1"])).exitCode === 0;
  await until(opened, "the device to be opened");
});

test("pause and unpause are seen", async () => {
  const container = dockerd.docker.getContainer(started.getId());
  await container.pause();
  await until(async () => (await named(nameOf(started)))?.state === "paused", "paused");
  await container.unpause();
  await until(async () => (await named(nameOf(started)))?.state === "running", "running");
});

test("a container with another name has its device still, under that name", async () => {
  await dockerd.docker.getContainer(started.getId()).rename({ name: "renamed" });
  await until(async () => (await named("renamed")) !== undefined, "the new name");
  expect(await containers()).toHaveLength(1);
  await until(
    async () => (await started.exec(["dd", `if=/dev/${zram?.name}`, "of=/dev/null", "count=1"])).exitCode === 0,
    "the device",
  );
});

test("a restart is another life, with the same device", async () => {
  const before = await named("renamed");
  await started.restart({ timeout: 0 });
  await until(
    async () => ((await named("renamed"))?.instance ?? before?.instance) !== before?.instance,
    "the new life",
  );
  await until(
    async () => (await started.exec(["dd", `if=/dev/${zram?.name}`, "of=/dev/null", "count=1"])).exitCode === 0,
    "the device",
  );
});

test("one that says no is left alone", async () => {
  const other = await new GenericContainer(PLAIN)
    .withNetworkMode("none")
    .withCommand(["sleep", "1000000"])
    .withLabels({ role: "player", "udevns.enable": "false" })
    .withName("aloof")
    .start();
  const marker = await new GenericContainer(PLAIN)
    .withNetworkMode("none")
    .withCommand(["sleep", "1000000"])
    .withName("marker")
    .start();
  await until(async () => (await named("marker")) !== undefined, "a container that was started after it");
  expect(await named("aloof")).toBeUndefined();
  await Promise.all([other, marker].map((each) => each.stop({ timeout: 0 })));
  await until(async () => (await named("marker")) === undefined, "its end");
});

test("the doctor says what works for it", async () => {
  const { code, stdout } = await stack.command("doctor", "--json");
  expect(code).toBe(0);
  const [found] = (
    JSON.parse(stdout) as { containers: { name: string; findings: { check: string; level: string }[] }[] }
  ).containers;
  expect(Object.fromEntries(found?.findings.map(({ check, level }) => [check, level]) ?? [])).toEqual({
    leak: "note",
    dev: "ok",
    sys: "note",
    udev: "ok",
    cgroup: "ok",
  });
});
