import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ContainerRecord, GateState } from "@udevns/protocol";
import { untilIdle } from "../scenario/idle.ts";
import { PATIENCE, POLL } from "../scenario/patience.ts";
import { quote } from "../scenario/place.ts";
import { type PlainContainer, startPlain } from "../scenario/plain-container.ts";
import type { Stage } from "../udevns/stage.ts";

/** A container that hears the host, closed and opened by policy through the services, with each kind of gate. */
export const gateStory = (open: () => Stage, rules: string) => () => {
  let stage: Stage;
  let desk: PlainContainer;

  const apply = async (gates: string) => {
    await stage.rig.sh(`printf %s ${quote(rules.replace("rules:", `${gates}\nrules:`))} > /tmp/gates.yaml`);
    await stage.udevns.json("policy apply /tmp/gates.yaml");
  };
  const gateOf = async (name: string): Promise<GateState | undefined> => {
    const list = (await stage.udevns.json("containers")) as (ContainerRecord & { gate?: GateState })[];
    return list.find((container) => container.name === name)?.gate;
  };
  const until = async (name: string, wanted: (gate: GateState | undefined) => boolean) => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const gate = await gateOf(name);
      if (wanted(gate)) return gate;
      if (Date.now() > deadline)
        throw new Error(`gate of ${name}: ${JSON.stringify(gate)}\n${await stage.udevns.log()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  };
  /** What the desk hears, who from, of the host's own change of a device. */
  const hostEvent = () => desk.ear.during("echo change > /sys/class/mem/null/uevent");
  const hears = async () => (await hostEvent()).lines.length;
  const ownEvents = async (name: string) =>
    (await desk.ear.during(`nsenter --net=${desk.net} ip link add ${name} type dummy`)).lines.filter((line) =>
      line.includes(`/net/${name} `),
    ).length;
  /** A keyboard for the desk: what it hears of it, by who seems to send it. */
  const plugForDesk = async (id: string) => {
    const before = (await desk.ear.heard()).length;
    await stage.rig.plug("usb-kbd", id, { port: "4" });
    const deadline = Date.now() + PATIENCE;
    const heard = async () => (await desk.ear.heard()).slice(before).filter((line) => line.includes("/1-4"));
    for (;;) {
      // The last event of an insertion; the host's broadcast of it came before.
      const injected = (await heard()).filter((line) => line.includes("pid=some"));
      if (injected.some((line) => /^bind@\S*\/1-4 /.test(line))) break;
      if (Date.now() > deadline) throw new Error(`the desk has not heard of ${id}:\n${(await heard()).join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
    const lines = await heard();
    await stage.rig.unplug(id);
    await stage.rig.sh("udevadm settle");
    return {
      host: lines.filter((line) => line.includes("pid=0")).length,
      injected: lines.filter((line) => line.includes("pid=some")).length,
    };
  };

  beforeAll(async () => {
    stage = open();
    desk = await startPlain(stage.rig, "desk");
    await stage.udevns.json(`attach desk --pid ${desk.pid}`);
  }, 120_000);

  afterAll(async () => {
    await desk?.ear.stop();
    await stage?.rig.run(`kill -9 ${desk?.pid}`);
  });

  test("before: it hears the host, its own devices, and what it is given twice", async () => {
    expect(await hears()).toBe(1);
    expect(await ownEvents("before0")).toBe(1);
    const { host, injected } = await plugForDesk("desk-before");
    process.stdout.write(`no gate: the container hears ${host} events of the host, ${injected} injected\n`);
    expect(host).toBeGreaterThanOrEqual(injected);
    expect(injected).toBeGreaterThan(10);
  }, 180_000);

  test("bpf: required by policy, closed by devnode; nothing of the host's, all that is its own", async () => {
    await apply("gates: [{ container: desk, gate: require }, { gate: auto }]");
    await until("desk", (gate) => gate?.kind === "bpf");
    expect(await hears()).toBe(0);
    expect(await ownEvents("bpf0")).toBe(1);
    const { host, injected } = await plugForDesk("desk-bpf");
    const gate = await until("desk", (state) => (state?.dropped ?? 0) > injected);
    process.stdout.write(`bpf gate: the container hears ${host}, ${injected} injected, ${gate?.dropped} dropped\n`);
    expect(host).toBe(0);
    expect(injected).toBeGreaterThan(10);
    expect((await gateOf("c1"))?.kind).toBe("userns");
  }, 180_000);

  test("it outlives a crash of devnode, and comes back if somebody opens it", async () => {
    const { rig } = stage;
    await rig.sh("kill -9 $(grep -l 'devnode/src/[m]ain' /proc/[0-9]*/cmdline | cut -d/ -f3)");
    expect(await hears()).toBe(0);
    await until("desk", (gate) => gate?.kind === "bpf");
    await rig.sh("/kernel/gate/udevns-gate unload");
    expect(await hears()).toBe(1);
    await until("desk", (gate) => gate?.kind === "bpf");
    const deadline = Date.now() + PATIENCE;
    while ((await hears()) > 0 && Date.now() < deadline);
    expect(await hears()).toBe(0);
  }, 180_000);

  test("off: it hears the host again, and nothing of ours is left", async () => {
    await apply("gates: [{ container: c1, gate: auto }]");
    await until("desk", (gate) => gate === undefined);
    expect(await hears()).toBe(1);
    expect(JSON.parse(await stage.rig.sh("/kernel/gate/udevns-gate list --json"))).toEqual([]);
  }, 90_000);

  test("module: taken where BPF cannot be, and said so", async () => {
    const { rig } = stage;
    await rig.sh(`
      /kernel/gate/udevns-gate unload
      echo lockdown,capability > /tmp/lsm; mount --bind /tmp/lsm /sys/kernel/security/lsm
      insmod /kernel/module/udevns.ko gate=1`);
    await apply("gates: [{ container: desk, gate: require }]");
    await until("desk", (gate) => gate?.kind === "module");
    expect(await hears()).toBe(0);
    expect(await ownEvents("module0")).toBe(1);
    const { host, injected } = await plugForDesk("desk-module");
    expect([host, injected > 10]).toEqual([0, true]);
    await apply("gates: [{ container: c1, gate: auto }]");
    await until("desk", (gate) => gate === undefined);
    expect(await hears()).toBe(1);
  }, 180_000);

  test("neither: required and impossible, it gets no device, and the doctor says why", async () => {
    const { rig, udevns } = stage;
    await rig.sh("rmmod udevns");
    await apply("gates: [{ container: desk, gate: require }]");
    const gate = await until("desk", (state) => state?.kind === "none");
    expect(gate?.detail).toMatch(/bpf: .*lsm=.*module: .*not loaded/);
    await rig.plug("usb-kbd", "desk-none", { port: "4" });
    await udevns.until("UDEVNS_E_GATE");
    expect((await desk.run("ls /dev/input/event*")).code).not.toBe(0);
    expect((await desk.ear.heard()).at(-1)).toMatch(/pid=0/);
    const { stdout } = await udevns.command("doctor");
    expect(stdout).toMatch(/note +leak +no BPF gate: .*lsm=/);
    expect(stdout).toMatch(/problem +leak +it gets no device/);

    // As soon as it can be, the device that waited is given.
    await rig.sh("umount /sys/kernel/security/lsm");
    await until("desk", (state) => state?.kind === "bpf");
    const deadline = Date.now() + PATIENCE;
    while ((await desk.run("ls /dev/input/event*")).code !== 0)
      if (Date.now() > deadline) throw new Error(`nothing was given\n${await udevns.log()}`);
    await rig.unplug("desk-none");
  }, 240_000);

  test("oci: known as gated by the owner of its network", async () => {
    const { rig, udevns } = stage;
    await apply("gates: [{ gate: require }]");
    await rig.sh(`
      mkdir -p /tmp/bundle/rootfs/proc /tmp/bundle/rootfs/sys /tmp/bundle/rootfs/dev
      cp /kernel/module/test/ear /tmp/bundle/rootfs/ear
      cd /tmp/bundle && rm -f config.json && runc spec
      sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"\\/ear"/' config.json
      /oci/udevns-oci run -d boxed > heard 2>&1 < /dev/null`);
    const pid = Number(await rig.sh(`runc state boxed | sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p'`));
    await udevns.json(`attach boxed --pid ${pid}`);
    await until("boxed", (gate) => gate?.kind === "oci");
    await rig.sh(`echo change > /sys/class/mem/null/uevent; ${untilIdle(String(pid))}`);
    expect(await rig.sh("cat /tmp/bundle/heard")).toBe("listening\n");
    await rig.sh("/oci/udevns-oci delete --force boxed");
  }, 120_000);

  test("a clean stop opens all", async () => {
    const { rig, udevns } = stage;
    await until("desk", (gate) => gate?.kind === "bpf");
    await udevns.stop();
    expect((await rig.run("ls /sys/fs/bpf/udevns")).code).not.toBe(0);
    expect(await hears()).toBe(1);
  }, 90_000);
};
