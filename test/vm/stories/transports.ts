import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { InjectWork } from "@udevns/protocol";
import type { Rig } from "../driver/rig.ts";
import { type Ear, earIn } from "../scenario/ear.ts";
import { hostNetns, makeNetns, type NetNamespace } from "../scenario/netns.ts";
import { quote } from "../scenario/place.ts";
import { guestPath, sendInGuest } from "../udevns/bundle.ts";

const MAPPED_ROOT = 100_000;
const BOTH_GROUPS = 3;

interface Order {
  readonly devpath: string;
  readonly to: "open" | "gated" | "mapped" | "reused" | "dead";
  readonly audience?: InjectWork["audience"];
  readonly properties?: Record<string, string>;
  readonly outcome: "sent" | `UDEVNS_E_${string}`;
  /** As the listeners of that container see it; left out where nobody hears anything. */
  readonly heard?: string;
}

const OURS = /@\/devices\/(open|gated|mapped|reused|dead)\b/;

const longer = (bytes: number) => "x".repeat(bytes);
const udev: InjectWork["audience"] = { kind: "udev", properties: {}, tags: [] };

/** The one table that both transports have to pass. `PID`: that the kernel shows the sender's pid is all they may differ in. */
const orders: readonly Order[] = [
  ...(["open", "gated", "mapped"] as const).flatMap((to): Order[] => [
    {
      devpath: `/devices/${to}/plain`,
      to,
      outcome: "sent",
      heard: `add@/devices/${to}/plain sender=kernel pid=PID uid=0 gid=0 group=1`,
    },
    {
      devpath: `/devices/${to}/long`,
      to,
      properties: { A: longer(1_900) },
      outcome: "sent",
      heard: `add@/devices/${to}/long sender=kernel pid=PID uid=0 gid=0 group=1`,
    },
    {
      devpath: `/devices/${to}/modalias`,
      to,
      properties: { MODALIAS: longer(3_000) },
      outcome: "sent",
      heard: `add@/devices/${to}/modalias sender=kernel pid=PID uid=0 gid=0 group=1`,
    },
    {
      devpath: `/devices/${to}/udev`,
      to,
      audience: udev,
      outcome: "sent",
      heard: "libudev sender=PORT pid=PID uid=0 gid=0 group=2",
    },
    {
      devpath: `/devices/${to}/endless`,
      to,
      properties: { A: longer(8_200) },
      outcome: "UDEVNS_E_UEVENT_SIZE",
    },
  ]),
  // Another process has the pid, and another namespace.
  { devpath: "/devices/reused", to: "reused", outcome: "UDEVNS_E_CONTAINER_GONE" },
  { devpath: "/devices/dead", to: "dead", outcome: "UDEVNS_E_CONTAINER_GONE" },
];

/** What is not given to compare: udevd sees a kernel's event in either, and by libudev's messages a process is seen anyhow. */
const comparable = (line: string): string =>
  line.replace(/pid=(some|0)/, "pid=PID").replace(/(?<=^libudev )sender=\w+/, "sender=PORT");

export const transportsStory = (open: () => Rig) => () => {
  const containers = {} as Record<"open" | "gated" | "mapped", NetNamespace>;
  let rig: Rig;

  beforeAll(async () => {
    rig = open();
    await rig.mount("udevns", guestPath);
    containers.open = await makeNetns(rig, { kind: "init" });
    containers.gated = await makeNetns(rig, { kind: "init" });
    containers.mapped = await makeNetns(rig, { kind: "child", map: `0 ${MAPPED_ROOT} 65536`, creator: 0 });
    await rig.sh(`/kernel/gate/udevns-gate load && /kernel/gate/udevns-gate add ${containers.gated.inode}`);
  }, 120_000);

  afterAll(() => rig?.run("/kernel/gate/udevns-gate unload"));

  const startTimes = new Map<number, string>();
  const startTime = async (pid: number): Promise<string> => {
    const known = startTimes.get(pid) ?? (await rig.sh(`awk '{ print $22 }' /proc/${pid}/stat`)).trim();
    startTimes.set(pid, known);
    return known;
  };

  async function targetOf(to: Order["to"]): Promise<InjectWork["container"]> {
    const { pid, inode } = to === "reused" || to === "dead" ? containers.open : containers[to];
    const id = to === "mapped" ? MAPPED_ROOT : 0;
    return {
      name: to,
      instance: `boot:${to}`,
      pid: to === "dead" ? 4_194_303 : pid,
      startTime: to === "reused" ? "1" : await startTime(pid),
      namespaces: { net: String(inode), mnt: "1", user: "1" },
      userNamespaced: to === "mapped",
      root: { uid: id, gid: id },
    };
  }

  async function workOf({ devpath, to, audience, properties }: Order): Promise<InjectWork> {
    return {
      v: 1,
      id: devpath,
      host: "lab",
      boot: "boot",
      container: await targetOf(to),
      hops: {},
      subsystem: "input",
      uevent: {
        action: "add",
        devpath,
        properties: { ACTION: "add", DEVPATH: devpath, SUBSYSTEM: "input", SEQNUM: "7", ...properties },
      },
      audience: audience ?? { kind: "kernel" },
    };
  }

  /** Outcomes, and what each place heard of ours. */
  async function send(
    transport: string,
  ): Promise<{ outcomes: string[]; kind: string; heard: Record<string, string[]> }> {
    const places = { ...containers, host: await hostNetns(rig) };
    const ears: [string, Ear][] = [];
    for (const [name, place] of Object.entries(places)) ears.push([name, await earIn(rig, place, BOTH_GROUPS)]);
    const works: InjectWork[] = [];
    for (const order of orders) works.push(await workOf(order));
    const input = works.map((work) => JSON.stringify(work)).join("\n");
    await rig.sh(`cat > /tmp/orders <<'END'\n${input}\nEND`);
    const output = await rig.sh(`${sendInGuest} ${quote(transport)} < /tmp/orders`, { timeout: 60 });
    const outcomes = output.trim().split("\n");
    const kind = outcomes.pop() ?? "";
    const heard: Record<string, string[]> = {};
    for (const [name, ear] of ears) {
      heard[name] = (await ear.heard()).filter((line) => name !== "host" || OURS.test(line));
      await ear.stop();
    }
    return { outcomes, kind, heard };
  }

  const heardBy = (name: string): string[] => orders.flatMap(({ to, heard }) => (to === name && heard ? [heard] : []));

  describe.each(["netlink", "module"])("the injector by %s", (transport) => {
    test("sends each order to its container, as its own root, and nowhere else", async () => {
      const { outcomes, kind, heard } = await send(transport);
      expect(kind).toBe(transport);
      expect(outcomes).toEqual(orders.map(({ outcome }) => outcome));
      for (const name of Object.keys(containers)) expect(heard[name]?.map(comparable)).toEqual(heardBy(name));
      expect(heard.host).toEqual([]);
      const pids = heard.mapped?.filter((line) => line.startsWith("add@")).map((line) => /pid=(\w+)/.exec(line)?.[1]);
      expect(new Set(pids)).toEqual(new Set([transport === "module" ? "0" : "some"]));
    }, 120_000);
  });

  test("auto takes mainline's way though the module is loaded", async () => {
    expect((await rig.run(`${sendInGuest} auto < /dev/null`, { timeout: 60 })).stdout).toBe("netlink\n");
  }, 90_000);

  test("a way that is not there is refused with what to do", async () => {
    const hidden = "mount -t tmpfs tmpfs /sys/class/misc";
    const { code, stderr } = await rig.run(
      `unshare -m sh -c ${quote(`${hidden}; ${sendInGuest} module < /dev/null`)}`,
      { timeout: 60 },
    );
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/UDEVNS_TRANSPORT=module: module: .*not loaded/);
  }, 90_000);
};
