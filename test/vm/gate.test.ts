import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Rig } from "./driver/rig.ts";
import { provideRig } from "./image/rig.ts";
import { type Ear, earIn } from "./scenario/ear.ts";
import { buildKernel } from "./scenario/kernel-build.ts";
import { hostNetns, makeNetns, type NetNamespace } from "./scenario/netns.ts";
import { PATIENCE, POLL } from "./scenario/patience.ts";

const CANNOT_HERE = 77;

interface GateCount {
  readonly netns: number;
  readonly dropped: number;
  readonly own: number;
  readonly injected: number;
}

describe("the BPF gate", () => {
  let rig: Rig;
  let container: NetNamespace;
  let host: Ear;
  let inside: Ear;

  const gate = (verb: string) => rig.run(`/kernel/gate/udevns-gate ${verb}`);
  const count = async () => {
    const list = JSON.parse((await gate("list --json")).stdout) as GateCount[];
    return list.find(({ netns }) => netns === container.inode);
  };

  beforeAll(async () => {
    const kernel = await buildKernel((await provideRig()).release);
    rig = await Rig.boot({ shares: { kernel } });
    await rig.mount("kernel", "/kernel");
    container = await makeNetns(rig, { kind: "init" });
    host = await earIn(rig, await hostNetns(rig));
    inside = await earIn(rig, container);
    // The first mouse would bring events of its drivers.
    await rig.sh("modprobe usbhid; modprobe hid_generic; modprobe mousedev");
  }, 720_000);

  afterAll(() => rig?.close());

  /** What an ear has heard of late, once it has heard a mark that was sent after all of it. */
  const newsOf = async (ear: Ear, before: number, isMark: (line: string) => boolean): Promise<string[]> => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const news = (await ear.heard()).slice(before);
      const at = news.findIndex(isMark);
      if (at >= 0) return news.slice(0, at);
      if (Date.now() > deadline) throw new Error(`no mark after:\n${news.join("\n")}`);
      await sleep(POLL);
    }
  };

  /** Events of one plug, heard by both, each counted. */
  const plugMouse = async (id: string): Promise<{ host: number; inside: number }> => {
    const [outer, inner] = [(await host.heard()).length, (await inside.heard()).length];
    await rig.plug("usb-mouse", id);
    // The last event of an insertion tells that the device itself has found its driver.
    const heard = await newsOf(host, outer, (line) => /^bind@\S*\/1-\d+ /.test(line));
    await rig.sh(`/kernel/module/test/emit netlink ${container.net}`);
    const within = await newsOf(inside, inner, (line) => line.includes("/devices/udevns "));
    await rig.unplug(id);
    await rig.sh("udevadm settle");
    // With the bind itself, at which the host's were cut off.
    return { host: heard.length + 1, inside: within.length };
  };

  test("says that it is possible here, and why not where it is not", async () => {
    expect(await gate("probe")).toMatchObject({ code: 0, stdout: expect.stringContaining("possible") });
    const hidden = await rig.run("unshare -m sh -c 'umount /sys/kernel/security; /kernel/gate/udevns-gate probe'");
    expect(hidden).toMatchObject({ code: CANNOT_HERE, stderr: expect.stringContaining("securityfs") });
    const list = "echo lockdown,capability > /tmp/lsm; mount --bind /tmp/lsm /sys/kernel/security/lsm";
    const unlisted = await rig.run(`unshare -m sh -c '${list}; /kernel/gate/udevns-gate load'`);
    expect(unlisted).toMatchObject({ code: CANNOT_HERE, stderr: expect.stringContaining("lsm=...,bpf") });
  });

  test("refuses nonsense, and work before it is loaded", async () => {
    for (const [verb, code] of [
      ["", 2],
      ["add", 2],
      ["add x", 2],
      ["add 0", 2],
      ["add 1", 1],
      ["list", 1],
    ] as const) {
      expect({ verb, code: (await gate(verb)).code }).toEqual({ verb, code });
    }
    await gate("load");
    const own = await rig.sh("stat -L -c %i /proc/1/ns/net");
    expect(await gate(`add ${own}`)).toMatchObject({ code: 2, stderr: expect.stringContaining("host's own") });
    await gate("unload");
  });

  test("a container that is not gated hears the host's mouse", async () => {
    const heard = await plugMouse("open");
    process.stdout.write(`no gate: host ${heard.host} events, container ${heard.inside}\n`);
    expect(heard.host).toBeGreaterThan(10);
    expect(heard.inside).toBe(heard.host);
  });

  test("one that is gated does not, and the host does", async () => {
    expect((await gate("load")).code).toBe(0);
    expect((await gate(`add ${container.inode}`)).code).toBe(0);
    const heard = await plugMouse("closed");
    process.stdout.write(
      `gate: host ${heard.host} events, container ${heard.inside}, ${JSON.stringify(await count())}\n`,
    );
    expect(heard.inside).toBe(0);
    expect(heard.host).toBeGreaterThan(10);
    expect((await count())?.dropped).toBeGreaterThanOrEqual(heard.host);
    expect((await count())?.injected).toBe(1);
  });

  test("it still hears its own network devices and what is injected", async () => {
    const own = await inside.during(`nsenter --net=${container.net} ip link add udevns0 type dummy`);
    expect(own.lines.length).toBeGreaterThan(0);
    const injected = await inside.during(`/kernel/module/test/emit netlink ${container.net}`);
    expect(injected.lines).toHaveLength(1);
    expect(await count()).toMatchObject({ own: own.lines.length, injected: 2 });
  });

  test("loading and adding again keeps the count", async () => {
    const before = await count();
    expect((await gate("load")).code).toBe(0);
    expect((await gate(`add ${container.inode}`)).code).toBe(0);
    expect(await count()).toEqual(before);
  });

  test("del opens one namespace, unload all", async () => {
    expect((await gate(`del ${container.inode}`)).code).toBe(0);
    expect((await plugMouse("deleted")).inside).toBeGreaterThan(10);
    await gate(`add ${container.inode}`);
    expect((await gate("unload")).code).toBe(0);
    expect((await plugMouse("unloaded")).inside).toBeGreaterThan(10);
    expect((await rig.run("[ -e /sys/fs/bpf/udevns ]")).code).toBe(1);
  });
});
