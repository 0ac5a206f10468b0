import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { call } from "@udevns/bus";
import { AttachReply, subjects } from "@udevns/protocol";
import { type Dockerd, type DockerGuest, startDockerd, startGuest } from "../support/dockerd.ts";
import { countCgroups, countLeftovers, type Leftovers } from "../support/leaks.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

jest.setTimeout(400_000);

/** Half of the fifty by Docker on cgroup v2, half by unshare, every other of these with a user namespace. */
const EACH = 25;
/** What twenty a second make in a minute. */
const STARTS_AND_STOPS = 1_200;
const HANDS = 5;

let dockerd: Dockerd;
let stack: Stack;
let zram: Zram;
let before: Leftovers;
let guests: DockerGuest[] = [];
let throwaways: (Throwaway | undefined)[] = [];

const names = async () => JSON.parse((await stack.command("containers", "--json")).stdout) as { nodes: string[] }[];
const given = async () => (await names()).filter(({ nodes }) => nodes.includes(`/dev/${zram.name}`)).length;
const cgroups = () => countCgroups(`/sys/fs/cgroup/unified${dockerd.cgroup}`);

async function startOne(number: number): Promise<Throwaway> {
  const container = await startThrowaway(`process-${number}`, { userns: number % 2 === 0 });
  await call(
    stack.bus,
    subjects.rpc(stack.host, "attach"),
    { name: container.name, pid: container.pid, labels: {} },
    AttachReply,
  );
  return container;
}

async function all<T>(make: (number: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  let next = 0;
  const hand = async () => {
    for (let number = next++; number < EACH; number = next++) made[number] = await make(number);
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
  return made;
}

async function stopAll(): Promise<void> {
  await Promise.all([
    all(async (number) => guests[number]?.container.stop({ t: 0 })),
    all(async (number) => throwaways[number]?.stop()),
  ]);
  throwaways = [];
  await until(async () => (await names()).length === 0, "all containers to be forgotten", 60_000);
}

beforeAll(async () => {
  dockerd = await startDockerd(2);
  stack = await startStack(
    `version: 1
rules:
  - name: a disk for everybody
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give: { runtime: [docker, process], share: true }
`,
    { env: { UDEVNS_RUNTIMES: "docker", UDEVNS_DOCKER_SOCKET: dockerd.socket } },
  );
  zram = plugZram();
  // What is made once and kept (connections, caches) shall be there before the first count.
  guests = [await startGuest(dockerd, "docker-0")];
  throwaways = [await startOne(0)];
  await until(async () => (await given()) === 2, "the first two to have the disk");
  await stopAll();
  before = await countLeftovers(stack);
});

afterAll(async () => {
  await Promise.all(throwaways.map((each) => each?.stop()));
  zram?.unplug();
  await stack?.stop();
  await dockerd?.stop();
});

test("fifty containers have the disk at once", async () => {
  await guests[0]?.container.start();
  const more = await all((number) =>
    number === 0 ? Promise.resolve(guests[0] as DockerGuest) : startGuest(dockerd, `docker-${number}`),
  );
  guests = more;
  throwaways = await all(startOne);
  await until(async () => (await given()) === 2 * EACH, "all fifty to have the disk", 60_000);
  expect(cgroups()).toBe(EACH);
  for (const { run } of guests.slice(0, 3))
    expect((await run(`dd if=/dev/${zram.name} of=/dev/null count=1`)).code).toBe(0);
});

test("twenty starts and stops a second for a minute leave nothing behind", async () => {
  let done = 0;
  const hand = (turn: (number: number) => Promise<void>, first: number) => async () => {
    for (let number = first; done < STARTS_AND_STOPS; number = (number + HANDS) % EACH) {
      await turn(number);
      done += 2;
    }
  };
  const byDocker = async (number: number) => {
    await guests[number]?.container.stop({ t: 0 });
    await guests[number]?.container.start();
  };
  const byUnshare = async (number: number) => {
    const old = throwaways[number];
    await old?.stop();
    // unshare(1) was killed, and its end kills the container a moment later.
    await until(() => !existsSync(`/proc/${old?.pid}`), "the container's process to end");
    throwaways[number] = await startOne(number);
  };
  const hands = Array.from({ length: HANDS }, (_, first) => [hand(byDocker, first), hand(byUnshare, first)]).flat();
  await Promise.all(hands.map((run) => run()));
  await until(async () => (await given()) === 2 * EACH, "all fifty to have the disk again", 60_000);

  await stopAll();
  expect(cgroups()).toBe(0);
  const worst = (counted: Leftovers) =>
    Object.entries(counted.descriptors).filter(([role, count]) => count > (before.descriptors[role] ?? 0));
  await until(async () => worst(await countLeftovers(stack)).length === 0, "descriptors to be closed", 30_000).catch(
    () => undefined,
  );
  const after = await countLeftovers(stack);
  expect({ ...after, descriptors: worst(after) }).toEqual({ ...before, descriptors: [] });
  expect([after.grants, after.programs, after.hostNodes]).toEqual([0, 0, 0]);
});
