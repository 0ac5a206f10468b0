import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Listener, listenIn } from "../support/listener.ts";
import { type LoopDevice, type LoopRange, openLoops } from "../support/loop.ts";
import { collectResults } from "../support/results.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";

const NOTHING = "version: 1\nrules: []\n";
/** Other tests' devices may be there too, so the policy names the one that is meant. */
const policyFor = (device: string) => `version: 1
rules:
  - name: one disk
    match: { subsystem: block, devname: "${device}" }
    give:
      labels: { role: owner }
      share: true
      mode: "0640"
      group: root
      nodes:
        - { name: "our/disks/{kernel}" }
`;

let loops: LoopRange;
let stack: Stack;
let results: Awaited<ReturnType<typeof collectResults>>;

beforeAll(async () => {
  loops = openLoops();
  stack = await startStack(NOTHING);
  results = await collectResults(stack);
});
afterEach(async () => {
  stack.writePolicy(NOTHING);
  process.kill(stack.pid, "SIGHUP");
  await until(() => stack.status("policy")?.note.startsWith("0 rules") === true, "the empty policy");
});
afterAll(async () => {
  await stack?.stop();
  loops?.close();
});

describe.each([
  { kind: "plain", userns: false },
  { kind: "user-namespaced", userns: true },
])("in a $kind container", ({ kind, userns }) => {
  let container: Throwaway;
  let ear: Listener;

  beforeAll(async () => {
    container = await startThrowaway(kind, { userns });
    ear = listenIn(container);
    await stack.attach(container, { role: "owner" });
  });
  afterAll(async () => {
    ear?.close();
    await container?.stop();
  });

  const plugged = async (): Promise<LoopDevice> => {
    const disk = loops.plugNew();
    give(disk);
    await until(() => ear.actions(disk.devpath).includes("add"), "add");
    return disk;
  };
  const unplugged = async (disk: LoopDevice) => {
    disk.unplug();
    await until(() => ear.actions(disk.devpath).includes("remove"), "remove");
  };
  const shell = async (command: string) => (await container.run(command)).stdout.trim();

  test("a node is made below new directories, is usable, and all of it goes again", async () => {
    const disk = await plugged();
    const node = `/dev/our/disks/${disk.name}`;
    const devnum = readFileSync(`/sys${disk.devpath}/dev`, "utf8").trim();
    expect(await shell(`stat -c '%Hr:%Lr %a %u %g %F' ${node}`)).toBe(`${devnum} 640 0 0 block special file`);
    expect((await container.run(`dd if=${node} of=/dev/null bs=4096 count=1`)).code).toBe(0);
    await unplugged(disk);
    expect((await container.run("ls /dev/our")).code).not.toBe(0);
  });

  test("a directory that holds something of the container's own stays", async () => {
    const disk = await plugged();
    await shell("touch /dev/our/mine");
    await unplugged(disk);
    expect(await shell("find /dev/our")).toBe("/dev/our\n/dev/our/mine");
    await shell("rm -r /dev/our");
  });

  test("a file of the container's own in the node's place is never touched, and the result says so", async () => {
    const disk = loops.plugNew();
    const place = `/dev/our/disks/${disk.name}`;
    await shell(`mkdir -p /dev/our/disks; echo precious > ${place}`);
    give(disk);
    try {
      const refused = () => results.of(disk.devpath, container.name).find(({ role }) => role === "devnode");
      await until(() => refused() !== undefined, "the result");
      expect(refused()).toMatchObject({ outcome: "refused", error: { code: "UDEVNS_E_NODE_EXISTS" } });
      expect(await shell(`cat ${place}`)).toBe("precious");
    } finally {
      disk.unplug();
    }
    const taken = () => results.of(disk.devpath, container.name).filter(({ role }) => role === "devnode").length;
    await until(() => taken() === 2, "the take");
    expect(await shell(`cat ${place}`)).toBe("precious");
    expect(ear.actions(disk.devpath)).toEqual([]);
    await shell("rm -r /dev/our");
  });
});

describe("in a container on the host's own /dev", () => {
  let container: Throwaway;
  let ear: Listener;

  beforeAll(async () => {
    container = await startThrowaway("host-dev", {
      userns: false,
      init: "read -r pid rest < /proc/self/stat; echo $pid; exec sleep infinity",
    });
    ear = listenIn(container);
    await stack.attach(container, { role: "owner" });
  });
  afterAll(async () => {
    ear?.close();
    await container?.stop();
  });

  test("nothing is made or removed, no event is sent, and the result says why", async () => {
    const disk = loops.plugNew();
    give(disk);
    const of = () => results.of(disk.devpath, "host-dev").filter(({ role }) => role === "devnode");
    try {
      await until(() => of().length === 1, "the result");
      expect(of()[0]).toMatchObject({ outcome: "refused", error: { code: "UDEVNS_E_NODE_HOST_DEV" } });
      expect(existsSync("/dev/our")).toBe(false);
    } finally {
      disk.unplug();
    }
    await until(() => of().length === 2, "the take");
    expect(ear.actions(disk.devpath)).toEqual([]);
  });
});

/** Puts a policy in force that gives just this device. */
function give(disk: LoopDevice): void {
  stack.writePolicy(policyFor(disk.name));
  process.kill(stack.pid, "SIGHUP");
}
