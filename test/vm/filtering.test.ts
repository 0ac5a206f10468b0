import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Rig } from "./driver/rig.ts";
import { provideRig } from "./image/rig.ts";
import { type Ear, earIn } from "./scenario/ear.ts";
import { buildKernel } from "./scenario/kernel-build.ts";
import { kernelTrouble } from "./scenario/kernel-log.ts";
import { hostNetns, makeNetns, type NetNamespace, type Owner } from "./scenario/netns.ts";

const emit =
  (kind: string, id = "") =>
  (net: string) =>
    `/kernel/module/test/emit ${kind} ${net} ${id}`;

import { transportsStory } from "./stories/transports.ts";
import { bundleForGuest } from "./udevns/bundle.ts";

/** Each way an event can set out for a namespace. */
const senders = {
  host: () => "echo change > /sys/class/mem/null/uevent",
  root: emit("netlink"),
  "root as 100000": emit("mapped", "100000"),
  module: emit("module"),
  "user 1000": emit("bare", "1000"),
  "root without capabilities": emit("bare", "0"),
  "forger with rights": emit("direct"),
} as const;

type Sender = keyof typeof senders;
/** "refused": the sender is told so; otherwise what the listener hears, as whom its kernel says it came from. */
type Outcome = "nothing" | "refused" | `${"kernel" | "process"} ${"0" | "some"} ${number}`;

interface Case {
  readonly name: string;
  readonly owner: Owner;
  readonly gate: "off" | "bpf" | "module";
  readonly outcomes: Record<Sender, Outcome>;
}

/** Nobody with this id exists; see docs/kernel.md for why the creator matters. */
const NOBODY_ELSE = 64_321;
const IDENTITY = "0 0 4294967295";

/** In a namespace of the host's user namespace everything is heard, as what it is. */
const open: Record<Sender, Outcome> = {
  host: "kernel 0 0",
  root: "kernel some 0",
  "root as 100000": "kernel some 100000",
  module: "kernel 0 0",
  "user 1000": "refused",
  "root without capabilities": "refused",
  "forger with rights": "process some 0",
};

const cases: readonly Case[] = [
  { name: "owned by the host, no gate", owner: { kind: "init" }, gate: "off", outcomes: open },
  { name: "owned by the host, BPF gate", owner: { kind: "init" }, gate: "bpf", outcomes: { ...open, host: "nothing" } },
  {
    name: "owned by the host, module's gate",
    owner: { kind: "init" },
    gate: "module",
    outcomes: { ...open, host: "nothing" },
  },
  {
    name: "owned by a mapped container",
    owner: { kind: "child", map: "0 100000 65536", creator: 0 },
    gate: "off",
    outcomes: {
      host: "nothing",
      root: "kernel some 65534",
      "root as 100000": "kernel some 0",
      module: "kernel 0 0",
      "user 1000": "refused",
      // Made by root, so a process of user 0 owns it, capabilities or not.
      "root without capabilities": "kernel some 65534",
      "forger with rights": "process some 65534",
    },
  },
  {
    name: "owned by a container that maps no root",
    owner: { kind: "child", map: "1000 101000 1000", creator: 0 },
    gate: "off",
    outcomes: {
      host: "nothing",
      root: "kernel some 65534",
      "root as 100000": "kernel some 65534",
      module: "kernel 0 65534",
      "user 1000": "refused",
      "root without capabilities": "kernel some 65534",
      "forger with rights": "process some 65534",
    },
  },
  {
    name: "owned by an identity map (infra/oci)",
    owner: { kind: "child", map: IDENTITY, creator: NOBODY_ELSE },
    gate: "off",
    outcomes: { ...open, host: "nothing" },
  },
  {
    name: "owned by an identity map that root made, which is the trap",
    owner: { kind: "child", map: IDENTITY, creator: 0 },
    gate: "off",
    outcomes: { ...open, host: "nothing", "root without capabilities": "kernel some 0" },
  },
];

const outcome = (code: number, lines: readonly string[]): Outcome => {
  const [line] = lines;
  if (code !== 0) return lines.length === 0 ? "refused" : (`heard though refused: ${line}` as Outcome);
  if (line === undefined) return "nothing";
  const [, sender, pid, uid] = /sender=(\w+) pid=(\w+) uid=(\d+)/.exec(line) ?? [];
  return `${sender} ${pid} ${uid}` as Outcome;
};

describe("who hears what, from whom", () => {
  let rig: Rig;
  let home: NetNamespace;
  let bundle: string;

  beforeAll(async () => {
    const kernel = await buildKernel((await provideRig()).release);
    bundle = await mkdtemp(join(tmpdir(), "udevns-bundle-"));
    await bundleForGuest(bundle);
    rig = await Rig.boot({ shares: { kernel, udevns: bundle } });
    await rig.mount("kernel", "/kernel");
    await rig.sh("insmod /kernel/module/udevns.ko gate=1");
    home = await hostNetns(rig);
  }, 720_000);

  afterAll(async () => {
    await rig?.close();
    await rm(bundle, { recursive: true, force: true });
  });

  const close = async (gate: Case["gate"], { inode, net }: NetNamespace): Promise<void> => {
    if (gate === "bpf") await rig.sh(`/kernel/gate/udevns-gate load && /kernel/gate/udevns-gate add ${inode}`);
    if (gate === "module") await rig.sh(`/kernel/module/test/close ${net}`);
  };

  const hearAll = async (ear: Ear, net: string): Promise<Record<string, Outcome>> => {
    const heard: Record<string, Outcome> = {};
    for (const [name, script] of Object.entries(senders)) {
      const { code, lines } = await ear.during(script(net));
      heard[name] = outcome(code, lines);
    }
    return heard;
  };

  test.each(cases)("$name", async ({ owner, gate, outcomes }) => {
    const namespace = await makeNetns(rig, owner);
    await close(gate, namespace);
    const ear = await earIn(rig, namespace);
    expect(await hearAll(ear, namespace.net)).toEqual(outcomes);
    await ear.stop();
  });

  test("the host hears its own events, whatever is gated, and nothing meant for a container", async () => {
    const container = await makeNetns(rig, { kind: "init" });
    const ear = await earIn(rig, home);
    const heard = await hearAll(ear, container.net);
    expect(heard).toEqual({
      ...Object.fromEntries(Object.keys(senders).map((name) => [name, "nothing"])),
      ...{
        host: "kernel 0 0",
        "user 1000": "refused",
        "root without capabilities": "refused",
      },
    });
    await ear.stop();
  });

  describe(
    "the injector's transports",
    transportsStory(() => rig),
  );

  test("the kernel's log is clean", async () => {
    expect(await kernelTrouble(rig)).toEqual([]);
  });
});
