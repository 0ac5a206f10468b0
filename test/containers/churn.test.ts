import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { call } from "@udevns/bus";
import { AttachReply, type ContainerRecord, subjects } from "@udevns/protocol";
import { type Cyclable, cycleAtPace } from "../support/cycle.ts";
import { type Dockerd, type DockerGuest, startDockerd, startGuest } from "../support/dockerd.ts";
import { countCgroups, countCgroupsNamed, countLeftovers, type Leftovers } from "../support/leaks.ts";
import { type Lxc, type LxcGuest, startLxc } from "../support/lxc.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

jest.setTimeout(400_000);

/** Fifty: Docker on cgroup v2, LXC id-mapped on v1, processes by unshare, every other of these with a user namespace. */
const COUNT = { docker: 10, lxc: 15, process: 25 } as const;
const ALL = COUNT.docker + COUNT.lxc + COUNT.process;
/** One cycle is one stop and one start, so this aims at twenty starts and twenty stops a second for a minute. */
const PACE = { perSecond: 20, cycles: 1_200 } as const;
/** Who takes turns: what a start costs its runtime differs by far, and so does how often people do it. */
const TURNS = Array.from({ length: 20 }, (_, turn) => {
  if (turn === 0) return "docker";
  return turn % 3 === 2 ? "lxc" : "process";
});
/** As little as makes a container, for a start that costs little. */
const INIT = `
set -e
mount -t tmpfs -o mode=755,size=1m none /mnt
: > /mnt/null; mount --bind /dev/null /mnt/null
mount --rbind /mnt /dev
read -r pid rest < /proc/self/stat
echo $pid
exec cat > /dev/null
`;
const LXC = `churn-${process.pid}-`;
const PLUG_MS = 2_000;

let dockerd: Dockerd;
let lxc: Lxc;
let stack: Stack;
let before: Leftovers;
const plugged: Zram[] = [];
const guests: DockerGuest[] = [];
const boxes: LxcGuest[] = [];
const processes: (Throwaway | undefined)[] = [];

const containers = async () =>
  JSON.parse((await stack.command("containers", "--json")).stdout) as (ContainerRecord & { nodes: string[] })[];
const cgroups = () => countCgroups(`/sys/fs/cgroup/unified${dockerd.cgroup}`) + countCgroupsNamed(`lxc.payload.${LXC}`);

/** Those that have each disk of ours, and none that is not plugged in. Others may be there, of other tests. */
async function served(): Promise<number> {
  const here = plugged.map(({ name }) => `/dev/${name}`);
  const isThere = (node: string) => existsSync(node.replace("/dev", "/sys/block"));
  return (await containers()).filter(({ nodes }) => here.every((node) => nodes.includes(node)) && nodes.every(isThere))
    .length;
}

let unplugged = 0;
function unplugOldest(): void {
  plugged.shift()?.unplug();
  unplugged += 1;
}

async function startProcess(number: number): Promise<void> {
  const container = await startThrowaway(`process-${number}`, { userns: number % 2 === 0, init: INIT });
  processes[number] = container;
  const request = { name: container.name, pid: container.pid, labels: {} };
  await call(stack.bus, subjects.rpc(stack.host, "attach"), request, AttachReply);
}

async function stopProcess(number: number): Promise<void> {
  const container = processes[number];
  processes[number] = undefined;
  await container?.stop();
}

const numbers = (length: number) => Array.from({ length }, (_, number) => number);
const members = (): Record<keyof typeof COUNT, Cyclable[]> => ({
  docker: guests.map(({ container }) => ({
    stop: async () => void (await container.stop({ t: 0 })),
    start: async () => void (await container.start()),
  })),
  lxc: boxes,
  process: numbers(COUNT.process).map((number) => ({
    stop: () => stopProcess(number),
    start: () => startProcess(number),
  })),
});

/** A few at once. */
async function each<T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> {
  const left = [...things];
  const hand = async () => {
    for (let thing = left.shift(); thing !== undefined; thing = left.shift()) await work(thing);
  };
  await Promise.all(numbers(4).map(hand));
}

async function stopAll(): Promise<void> {
  await each(Object.values(members()).flat(), (member) => member.stop());
  await until(async () => (await containers()).length === 0, "all containers to be forgotten");
}

beforeAll(async () => {
  [dockerd, lxc] = [await startDockerd(2), await startLxc()];
  stack = await startStack(
    `version: 1
rules:
  - name: a disk for everybody
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give: { runtime: [docker, lxc, process], share: true }
`,
    {
      env: {
        UDEVNS_RUNTIMES: "docker,lxc",
        UDEVNS_DOCKER_SOCKET: dockerd.socket,
        UDEVNS_LXC_PATH: lxc.path,
      },
    },
  );
  plugged.push(plugZram());
  // What is made once and kept (connections, caches) shall be there before the first count.
  guests.push(await startGuest(dockerd, "docker-0"));
  boxes.push(await lxc.create(`${LXC}0`, { limited: true, tiny: true }));
  await startProcess(0);
  await until(async () => (await served()) === 3, "the first three to have the disk");
  await stopAll();
  // The kernel frees a program some time after its cgroup is gone.
  await until(async () => (await countLeftovers(stack)).programs === 0, "programs to go").catch(() => undefined);
  before = await countLeftovers(stack);
});

afterAll(async () => {
  await each(processes, async (container) => await container?.stop());
  for (const zram of plugged) zram.unplug();
  await stack?.stop();
  await lxc?.stop();
  await dockerd?.stop();
});

test("fifty containers of three kinds have the disk at once", async () => {
  await guests[0]?.container.start();
  await boxes[0]?.start();
  await each(numbers(COUNT.docker).slice(1), async (number) => {
    guests[number] = await startGuest(dockerd, `docker-${number}`);
  });
  await each(numbers(COUNT.lxc).slice(1), async (number) => {
    boxes[number] = await lxc.create(`${LXC}${number}`, { limited: true, tiny: true });
  });
  await each(numbers(COUNT.process), startProcess);
  await until(async () => (await served()) === ALL, "all fifty to have the disk");
  expect(cgroups()).toBe(COUNT.docker + COUNT.lxc);
  const opens = `dd if=/dev/${plugged[0]?.name} of=/dev/null count=1`;
  for (const { run } of [...guests.slice(0, 3), ...boxes.slice(0, 3)]) expect((await run(opens)).code).toBe(0);
  for (const container of processes.slice(0, 3)) expect((await container?.run(opens))?.code).toBe(0);
});

test("twenty starts and stops a second for a minute, while disks come and go, leave nothing behind", async () => {
  const hotplug = setInterval(() => {
    plugged.push(plugZram());
    if (plugged.length > 2) unplugOldest();
  }, PLUG_MS);
  const { cycles, seconds } = await cycleAtPace(members(), TURNS, PACE).finally(() => clearInterval(hotplug));
  process.stderr.write(
    `churn: ${cycles} starts and ${cycles} stops in ${seconds.toFixed(1)} s, ${(cycles / seconds).toFixed(1)} of each a second; ` +
      `${unplugged} disks came and went\n`,
  );
  await until(async () => (await served()) === ALL, "all fifty to have what is plugged in and nothing else");
  expect(unplugged).toBeGreaterThan(0);

  await stopAll();
  expect(cgroups()).toBe(0);
  const surplus = async () => {
    const now = await countLeftovers(stack);
    const descriptors = Object.entries(now.descriptors).filter(
      ([role, count]) => count > (before.descriptors[role] ?? 0),
    );
    return { ...now, descriptors };
  };
  const nothing = { ...before, descriptors: [] };
  // Whoever works opens something now and then: what is open at one moment need not be at the next.
  let after = await surplus();
  const isGone = async () => {
    after = await surplus();
    return JSON.stringify(after) === JSON.stringify(nothing);
  };
  await until(isGone, "descriptors, programs and nodes to go").catch(() => undefined);
  expect(after).toEqual(nothing);
  expect([after.grants, after.programs, after.hostNodes]).toEqual([0, 0, 0]);
  expect(stack.log()).not.toContain("MaxListenersExceededWarning");
});
