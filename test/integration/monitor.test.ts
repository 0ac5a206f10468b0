import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { tap } from "@udevns/bus";
import { subjects } from "@udevns/protocol";
import { disksForOwner } from "../support/disks-for-owner.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";

const COMMAND = fileURLToPath(new URL("../../services/cli/bin/udevns.js", import.meta.url));

let stack: Stack;
let owner: Throwaway;
let monitor: ChildProcess;
let shown = "";
const messages: { subject: string; body: Record<string, unknown> }[] = [];

beforeAll(async () => {
  stack = await startStack(disksForOwner("zram*"));
  owner = await startThrowaway("owner", { userns: true });
  await stack.attach(owner);
  monitor = spawn(process.execPath, [COMMAND, "monitor"], { env: stack.env, stdio: ["ignore", "pipe", "pipe"] });
  monitor.stdout?.on("data", (data) => (shown += data));
  const [ready] = (await once(monitor.stderr!, "data")) as [Buffer];
  expect(String(ready)).toContain("listening");
  tap(stack.bus, subjects.everything, (subject, data) => {
    messages.push({ subject, body: JSON.parse(Buffer.from(data).toString("utf8")) });
  });
  await stack.bus.nc.flush();
});
afterAll(async () => {
  monitor?.kill("SIGINT");
  await owner?.stop();
  await stack?.stop();
});

/** Hops of one device's life, as a bare subscriber sees them: kind and what it says. */
function lifeOf(devpath: string): string[] {
  return messages.flatMap(({ subject, body }) => {
    const [, , kind = "", what = ""] = subject.split(".");
    const device = (body.device as { devpath?: string } | undefined)?.devpath;
    const uevent = (body.uevent as { devpath?: string; action?: string } | undefined) ?? {};
    if (![body.devpath, body.unit, device, uevent.devpath].includes(devpath)) return [];
    if (kind === "uevent") return [`uevent ${body.action}`];
    if (kind === "audit") return [`decision ${body.verdict}`];
    if (kind === "work") return [what === "devnode" ? `order ${body.kind}` : `inject ${uevent.action}`];
    return [`${kind} ${body.role} ${body.outcome}`];
  });
}

test("a life of a device is readable in `udevns monitor` and to a bare subscriber", async () => {
  const zram = plugZram();
  try {
    await until(() => lifeOf(zram.devpath).includes("result inject done"), "the add to be injected");
    zram.unplug();
    const results = (hop: string) => lifeOf(zram.devpath).filter((each) => each === hop).length;
    await until(() => results("result inject done") === 2, "the remove to be injected");
    await until(() => results("result devnode done") === 2, "devnode's word on the remove");
  } finally {
    zram.unplug();
  }
  // Several processes speak of one order, policy when it is stored and two when they have done theirs: between these is no order.
  const life = lifeOf(zram.devpath);
  expect(life.indexOf("decision owned")).toBeGreaterThan(life.indexOf("order give"));
  expect(life.filter((hop) => hop !== "result devnode done" && hop !== "decision owned")).toEqual([
    "uevent add",
    "order give",
    "inject add",
    "result inject done",
    "uevent remove",
    "order take",
    "inject remove",
    "result inject done",
  ]);
  const line = (hop: string, text: string) => new RegExp(`^[\\d:.]+ +${hop} +${text}.*$`, "m");
  const { name, devpath } = zram;
  await until(() => (shown.match(/inject done owner remove/g) ?? []).length > 0, "the monitor to show the end");
  for (const expected of [
    line("uevent", `add ${devpath} \\(block\\) kernel \\d+`),
    line("policy", `${name} goes to owner by rule disks for their owner, shared`),
    line("order", `give owner ${devpath}`),
    line("result", `devnode done owner add /dev/${name}`),
    line("inject", `add to owner ${devpath}`),
    line("result", `inject done owner add ${devpath} in [\\d.]+ ms`),
    line("order", `take owner ${devpath}`),
    line("inject", `remove to owner ${devpath}`),
  ])
    expect(shown).toMatch(expected);
});
