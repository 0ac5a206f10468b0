import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { attachedPrograms, deviceMapOf } from "@udevns/native";
import { binding } from "../../native/src/binding.ts";
import { type Dockerd, type DockerGuest, startDockerd, startGuest } from "../support/dockerd.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

/** A runtime's program that allows character devices and nothing else: `return (access_type & 0xffff) == 2`. */
const CHARACTER_DEVICES_ONLY = Buffer.from(
  "6112000000000000" +
    "57020000ffff0000" +
    "b700000001000000" +
    "1502010002000000" +
    "b700000000000000" +
    "9500000000000000",
  "hex",
);

const shared = `/sys/fs/cgroup/devices/udevns-shared-${process.pid}`;
let daemons: Dockerd[] = [];
let v1: DockerGuest;
let v2: DockerGuest;
let lodger: Throwaway;
let stranger: ChildProcess;
let stack: Stack;
let zram: Zram;

const opens = async (guest: DockerGuest) =>
  (await guest.run(`dd if=/dev/${zram.name} of=/dev/null count=1`)).code === 0;
const repairs = () => stack.status("devnode")?.counters.permissions_repaired ?? 0;

beforeAll(async () => {
  daemons = [await startDockerd(1), await startDockerd(2)];
  const [one, two] = daemons as [Dockerd, Dockerd];
  v1 = await startGuest(one, "one");
  v2 = await startGuest(two, "two");
  lodger = await startThrowaway("lodger", { userns: false });
  stranger = spawn("sleep", ["1000000"], { stdio: "ignore" });
  mkdirSync(shared);
  writeFileSync(`${shared}/devices.deny`, "a");
  for (const pid of [lodger.pid, stranger.pid]) writeFileSync(`${shared}/cgroup.procs`, String(pid));
  stack = await startStack(
    `version: 1
rules:
  - name: disks
    match: { subsystem: block, devname: "zram*", arrival: inserted }
    give: { container: [one, two, lodger], share: true }
`,
    { env: { UDEVNS_RUNTIMES: "none" } },
  );
  // By hand, as one inventory follows one daemon: what is tested here needs no runtime's word.
  for (const guest of [v1, v2, lodger])
    expect(await stack.command("attach", guest.name, "--pid", String(guest.pid))).toMatchObject({ code: 0 });
  zram = plugZram();
  await until(async () => (await opens(v1)) && (await opens(v2)), "both to open the disk");
});

afterAll(async () => {
  zram?.unplug();
  await stack?.stop();
  stranger?.kill("SIGKILL");
  await lodger?.stop();
  for (const daemon of daemons) await daemon.stop();
  await until(() => {
    try {
      rmdirSync(shared);
      return true;
    } catch {
      return false;
    }
  }, "the shared cgroup to be empty");
});

test("v1: an entry that somebody took away comes back", async () => {
  const before = repairs();
  const path = `/sys/fs/cgroup/devices${daemons[0]?.cgroup}/${v1.id}/devices.deny`;
  writeFileSync(path, `b ${zram.devnum} rw`);
  await until(() => repairs() > before, "the repair");
  expect(await opens(v1)).toBe(true);
});

test("v2: a program that somebody put in the place of ours is extended in its turn", async () => {
  const before = repairs();
  const cgroup = openSync(`/sys/fs/cgroup/unified${daemons[1]?.cgroup}/${v2.id}`, "r");
  const [ours] = attachedPrograms(cgroup, false);
  const program = binding.bpfLoadDeviceProgram("runtime", CHARACTER_DEVICES_ONLY);
  binding.bpfAttachProgram(cgroup, program, ours as number);
  expect(deviceMapOf(attachedPrograms(cgroup, false)[0] as number)).toBeUndefined();
  await until(() => repairs() > before, "the repair");
  expect(await opens(v2)).toBe(true);
  expect(attachedPrograms(cgroup, false)).toHaveLength(1);
  // And what that program refuses stays refused.
  expect((await v2.run("mknod /tmp/other b 253 99999")).code).not.toBe(0);
  closeSync(program);
  closeSync(cgroup);
});

test("a cgroup in which others live is not changed, and the container gets nothing", async () => {
  expect(stack.log()).toContain("UDEVNS_E_CGROUP");
  expect(stack.log()).toContain(`pid ${stranger.pid} is in it too`);
  expect((await lodger.run(`test -e /dev/${zram.name}`)).code).not.toBe(0);
});
