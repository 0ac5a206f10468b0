import { statSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ContainerRecord, GateState, WorkResult } from "@udevns/protocol";
import { type GateProgram, makeGateProgram } from "../support/gate-program.ts";
import { type Listener, listenIn } from "../support/listener.ts";
import { collectResults } from "../support/results.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

/** The gate's way from policy to `udevns containers`; that it keeps events out is shown where there is one (test/vm). */
const policy = (gates: string) => `version: 1
${gates}
rules:
  - name: it
    match: { subsystem: block, devname: "${device.name}" }
    give: { container: open }
`;

/** A gate that failed is tried again less and less often, once in 64 s at last. */
const GATE_MS = 120_000;
const REASON = 'the program would never be called: "bpf" is not in the list';
const netns = ({ pid }: Throwaway): string => String(statSync(`/proc/${pid}/ns/net`).ino);

let device: Zram;
let gate: GateProgram;
let stack: Stack;
let open: Throwaway;
let mapped: Throwaway;
let ear: Listener;
let results: { of(devpath: string, container: string): WorkResult[] };

const listed = async (): Promise<Record<string, GateState | undefined>> => {
  const { stdout } = await stack.command("containers", "--json");
  const list = JSON.parse(stdout) as (ContainerRecord & { gate?: GateState })[];
  return Object.fromEntries(list.map(({ name, gate: state }) => [name, state]));
};
const untilListed = (name: string, expected: Partial<GateState>) =>
  until(
    async () => {
      const state = (await listed())[name];
      return Object.entries(expected).every(([key, value]) => state?.[key as keyof GateState] === value);
    },
    `${name} to be listed as ${JSON.stringify(expected)}`,
  );

beforeAll(async () => {
  device = plugZram();
  gate = makeGateProgram();
  gate.fail(REASON);
  stack = await startStack(policy("gates: [{ gate: require }]"), { env: { UDEVNS_GATE_PROGRAM: gate.path } });
  results = await collectResults(stack);
  open = await startThrowaway("open", { userns: false });
  mapped = await startThrowaway("mapped", { userns: true });
  ear = listenIn(open);
  for (const container of [open, mapped]) await stack.attach(container);
});

afterAll(async () => {
  ear?.close();
  for (const container of [open, mapped]) await container?.stop();
  await stack?.stop();
  device?.unplug();
  gate?.remove();
});

test("a container whose gate is required and cannot be gets no device, and the reason is told everywhere", async () => {
  await until(() => results.of(device.devpath, "open").length > 0);
  expect(results.of(device.devpath, "open")[0]).toMatchObject({
    outcome: "refused",
    error: { code: "UDEVNS_E_GATE", message: expect.stringContaining(REASON) },
  });
  await untilListed("open", { wish: "require", kind: "none" });
  expect((await listed()).open?.detail).toContain(REASON);
  // Its user namespace does it by itself.
  expect((await listed()).mapped).toMatchObject({ wish: "require", kind: "userns" });
  expect((await open.run(`ls /dev/${device.name}`)).code).not.toBe(0);
  expect(ear.actions(device.devpath)).toEqual([]);

  const { code, stdout } = await stack.command("doctor");
  expect(code).toBe(1);
  expect(stdout).toMatch(/note +leak +no BPF gate: .*not in the list/);
  expect(stdout).toMatch(/problem +leak +it gets no device: policy requires a gate/);
});

test("as soon as it can be, it is closed first and the device given then", async () => {
  gate.mend();
  await until(() => ear.actions(device.devpath).join() === "add", "add", GATE_MS);
  expect(gate.closed()).toEqual([netns(open)]);
  expect((await open.run(`ls /dev/${device.name}`)).code).toBe(0);
  await untilListed("open", { wish: "require", kind: "bpf", dropped: 7 });
  expect((await stack.command("containers")).stdout).toMatch(/^open .* bpf, 7 dropped /m);
});

test("it outlives a crash of devnode, and what somebody has opened is closed again", async () => {
  const before = stack.status("devnode")?.pid;
  stack.kill("devnode");
  expect(gate.closed()).toEqual([netns(open)]);
  await stack.restarted("devnode", before);
  await untilListed("open", { kind: "bpf" });
  expect(gate.closed()).toEqual([netns(open)]);
  expect(ear.actions(device.devpath)).toEqual(["add"]);
});

test("another policy opens it", async () => {
  stack.writePolicy(policy(""));
  process.kill(stack.status("policy")!.pid, "SIGHUP");
  await until(() => gate.closed()?.length === 0);
  await until(async () => (await listed()).open === undefined, "open to be listed without a gate");
  stack.writePolicy(policy("gates: [{ container: open, gate: auto }]"));
  process.kill(stack.status("policy")!.pid, "SIGHUP");
  await until(() => gate.closed()?.includes(netns(open)) === true, "open to be closed", GATE_MS);
});

test("auto goes on without one", async () => {
  const second = await startThrowaway("second", { userns: false });
  gate.fail(REASON);
  stack.writePolicy(
    policy("gates: [{ container: second, gate: auto }]").replace("container: open }", "container: second }"),
  );
  process.kill(stack.status("policy")!.pid, "SIGHUP");
  await stack.attach(second);
  await until(async () => (await second.run(`ls /dev/${device.name}`)).code === 0);
  await untilListed("second", { wish: "auto", kind: "none" });
  gate.mend();
  await second.stop();
});

test("the end of a container, and a clean stop, leave nothing closed", async () => {
  const third = await startThrowaway("third", { userns: false });
  stack.writePolicy(policy("gates: [{ gate: require }]"));
  process.kill(stack.status("policy")!.pid, "SIGHUP");
  await stack.attach(third);
  const both = () => [open, third].every((each) => gate.closed()?.includes(netns(each)) === true);
  await until(both, "both to be closed", GATE_MS);
  await third.stop();
  await until(() => gate.closed()?.join() === netns(open));
  await stack.stop();
  expect(gate.closed()).toBeUndefined();
});
