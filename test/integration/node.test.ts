import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Listener, listenIn } from "../support/listener.ts";
import { collectResults } from "../support/results.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

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

let stack: Stack;
let results: Awaited<ReturnType<typeof collectResults>>;

beforeAll(async () => {
  stack = await startStack(NOTHING);
  results = await collectResults(stack);
}, 60_000);
afterEach(async () => {
  stack.writePolicy(NOTHING);
  process.kill(stack.pid, "SIGHUP");
  await until(() => stack.status("policy")?.note.startsWith("0 rules") === true, "the empty policy");
});
afterAll(async () => {
  await stack?.stop();
}, 60_000);

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

  const plugged = async (): Promise<Zram> => {
    const zram = plugZram();
    give(zram);
    await until(() => ear.actions(zram.devpath).includes("add"), "add");
    return zram;
  };
  beforeEach(() => {
    ear.events.length = 0;
  });
  const unplugged = async (zram: Zram) => {
    zram.unplug();
    await until(() => ear.actions(zram.devpath).includes("remove"), "remove");
  };
  const shell = async (command: string) => (await container.run(command)).stdout.trim();

  test("a node is made below new directories, is usable, and all of it goes again", async () => {
    const zram = await plugged();
    const node = `/dev/our/disks/${zram.name}`;
    const devnum = readFileSync(`/sys${zram.devpath}/dev`, "utf8").trim();
    expect(await shell(`stat -c '%Hr:%Lr %a %u %g %F' ${node}`)).toBe(`${devnum} 640 0 0 block special file`);
    expect((await container.run(`dd if=${node} of=/dev/null bs=4096 count=1`)).code).toBe(0);
    await unplugged(zram);
    expect((await container.run("ls /dev/our")).code).not.toBe(0);
  });

  test("a directory that holds something of the container's own stays", async () => {
    const zram = await plugged();
    await shell("touch /dev/our/mine");
    await unplugged(zram);
    expect(await shell("find /dev/our")).toBe("/dev/our\n/dev/our/mine");
    await shell("rm -r /dev/our");
  });

  test("a file of the container's own in the node's place is never touched, and the result says so", async () => {
    const zram = plugZram();
    const place = `/dev/our/disks/${zram.name}`;
    await shell(`mkdir -p /dev/our/disks; echo precious > ${place}`);
    give(zram);
    try {
      const refused = () => results.of(zram.devpath, container.name).find(({ role }) => role === "devnode");
      await until(() => refused() !== undefined, "the result");
      expect(refused()).toMatchObject({ outcome: "refused", error: { code: "UDEVNS_E_NODE_EXISTS" } });
      expect(await shell(`cat ${place}`)).toBe("precious");
    } finally {
      zram.unplug();
    }
    const taken = () => results.of(zram.devpath, container.name).filter(({ role }) => role === "devnode").length;
    await until(() => taken() === 2, "the take");
    expect(await shell(`cat ${place}`)).toBe("precious");
    expect(ear.actions(zram.devpath)).toEqual([]);
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
    const zram = plugZram();
    give(zram);
    const of = () => results.of(zram.devpath, "host-dev").filter(({ role }) => role === "devnode");
    try {
      await until(() => of().length === 1, "the result");
      expect(of()[0]).toMatchObject({ outcome: "refused", error: { code: "UDEVNS_E_NODE_HOST_DEV" } });
      expect(existsSync("/dev/our")).toBe(false);
    } finally {
      zram.unplug();
    }
    await until(() => of().length === 2, "the take");
    expect(ear.actions(zram.devpath)).toEqual([]);
  });
});

/** Puts a policy in force that gives just this device; what was heard of an earlier one of its name does not count. */
function give(zram: Zram): void {
  results.all.length = 0;
  stack.writePolicy(policyFor(zram.name));
  process.kill(stack.pid, "SIGHUP");
}
