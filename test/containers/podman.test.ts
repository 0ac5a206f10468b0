import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ContainerRecord } from "@udevns/protocol";
import { type Dockerd, type DockerGuest, startGuest } from "../support/dockerd.ts";
import { startPodman } from "../support/podman.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

let podman: Dockerd;
let guest: DockerGuest;
let stack: Stack;
let zram: Zram;

const containers = async () => JSON.parse((await stack.command("containers", "--json")).stdout) as ContainerRecord[];
const named = async (name: string) => (await containers()).find((record) => record.name === name);
const opens = async () => (await guest.run(`dd if=/dev/${zram.name} of=/dev/null count=1`)).code === 0;

beforeAll(async () => {
  podman = await startPodman(1);
  stack = await startStack(
    `version: 1
rules:
  - name: disks for the player
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give: { labels: { role: player } }
`,
    // Docker's adapter follows the same socket: two adapters that know one container.
    { env: { UDEVNS_RUNTIMES: "docker,podman", UDEVNS_DOCKER_SOCKET: podman.socket, ...sockets(podman) } },
  );
  zram = plugZram();
  guest = await startGuest(podman, "player", { labels: { role: "player" } });
  await until(async () => (await containers()).length > 0, "the container to be taken in");
});

afterAll(async () => {
  zram?.unplug();
  await stack?.stop();
  await podman?.stop();
});

const sockets = ({ env }: Dockerd) => ({ UDEVNS_PODMAN_SOCKET: env.UDEVNS_PODMAN_SOCKET });

test("a container that two adapters know appears once, and gets its device once", async () => {
  await until(opens, "the device");
  await until(
    () => stack.log().split('"following the runtime"').length > 2,
    "both adapters to have told what they know",
  );
  // A second one tells both of them again of the first.
  const second = await startGuest(podman, "second");
  await until(async () => (await named("second")) !== undefined, "the second container");
  expect((await containers()).map(({ name }) => name).sort()).toEqual(["player", "second"]);
  await second.container.stop({ t: 0 });
  await until(async () => (await containers()).length === 1, "the second to be forgotten");
});

test("pause and unpause are seen", async () => {
  await guest.container.pause();
  await until(async () => (await named("player"))?.state === "paused", "paused");
  await guest.container.unpause();
  await until(async () => (await named("player"))?.state === "running", "running");
});

test("with another name it has its device still", async () => {
  await guest.container.rename({ name: "renamed" });
  await until(async () => (await named("renamed")) !== undefined, "the new name");
  expect(await containers()).toHaveLength(1);
  await until(opens, "the device");
});

test("a restart is another life, with the same device", async () => {
  const before = await named("renamed");
  await guest.container.restart({ t: 0 });
  await until(
    async () => ((await named("renamed"))?.instance ?? before?.instance) !== before?.instance,
    "the new life",
  );
  await until(opens, "the device");
});

test("it stops, and is forgotten; it starts, and has its device again", async () => {
  await guest.container.stop({ t: 0 });
  await until(async () => (await containers()).length === 0, "it to be forgotten");
  await guest.container.start();
  await until(opens, "the device");
});
