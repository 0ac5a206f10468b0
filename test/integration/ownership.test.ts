import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Listener, listenIn } from "../support/listener.ts";
import { type LoopDevice, type LoopRange, openLoops } from "../support/loop.ts";
import { collectResults } from "../support/results.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";

let loops: LoopRange;
let stack: Stack;
let first: Throwaway;
let second: Throwaway;
let inFirst: Listener;
let inSecond: Listener;
let disk: LoopDevice;

/** What the policy file said when the stack was started. */
const NOTHING = "version: 1\nrules: []\n";

const policyFor = (name: string, container: string) => `version: 1
rules:
  - name: the disk
    match: { subsystem: block, devname: ${name} }
    give: { container: ${container} }
`;

const has = async (container: Throwaway) => (await container.run(`test -b /dev/${disk.name}`)).code === 0;
const json = async (...args: string[]) => JSON.parse((await stack.command(...args, "--json")).stdout);

beforeAll(async () => {
  loops = openLoops();
  stack = await startStack(NOTHING);
  first = await startThrowaway("first", { userns: true });
  second = await startThrowaway("second", { userns: false });
  await stack.attach(first);
  await stack.attach(second);
});
afterAll(async () => {
  await first?.stop();
  await second?.stop();
  await stack?.stop();
  loops?.close();
});

beforeEach(async () => {
  disk = loops.plugNew();
  inFirst = listenIn(first);
  inSecond = listenIn(second);
  await until(async () => (await stack.command("explain", disk.name)).code === 0, "the disk to be known");
});
afterEach(async () => {
  await stack.command("release", disk.name);
  disk.unplug();
  inFirst.close();
  inSecond.close();
});

describe("a claim", () => {
  test("gives the unit, above the rules, and its release takes it back", async () => {
    expect((await stack.command("claim", disk.name, "first", "--why", "test")).code).toBe(0);
    await until(() => inFirst.actions(disk.devpath).join() === "add");
    expect(await has(first)).toBe(true);
    await stack.command("release", disk.name);
    await until(() => inFirst.actions(disk.devpath).join() === "add,remove");
    expect(await has(first)).toBe(false);
  });

  test("of another's unit is refused with the owner's name", async () => {
    await stack.command("claim", disk.name, "first");
    const refused = await stack.command("claim", disk.name, "second", "--json");
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).error).toMatchObject({
      code: "UDEVNS_E_CLAIM_CONFLICT",
      fields: { owner: "first" },
    });
    expect((await json("explain", disk.name)).decision.owners).toEqual(["first"]);
  });

  test("made twice at the same time is given to one", async () => {
    const both = await Promise.all([
      stack.command("claim", disk.name, "first"),
      stack.command("claim", disk.name, "second"),
    ]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    const [winner, listener] = both[0].code === 0 ? ["first", inFirst] : ["second", inSecond];
    await until(() => listener.actions(disk.devpath).join() === "add");
    expect((await json("explain", disk.name)).decision.owners).toEqual([winner]);
  });
});

test("a move takes the unit from one container before the other gets it", async () => {
  const results = await collectResults(stack);
  await stack.command("claim", disk.name, "first");
  await until(() => inFirst.actions(disk.devpath).join() === "add");
  expect((await stack.command("move", disk.name, "second", "--from", "first")).code).toBe(0);
  await until(() => inSecond.actions(disk.devpath).join() === "add");
  await until(() => inFirst.actions(disk.devpath).join() === "add,remove");
  expect([await has(first), await has(second)]).toEqual([false, true]);
  // When two listeners hear is the scheduler's affair; one devnode did the one before the other.
  const doneAt = (container: string, action: string) =>
    results.of(disk.devpath, container).find((each) => each.role === "devnode" && each.action === action)?.hops.devnode;
  await until(() => doneAt("second", "add") !== undefined, "devnode's word");
  expect(doneAt("first", "remove")).toBeLessThan(doneAt("second", "add") as number);
});

test("a move from somebody who does not have it is refused", async () => {
  await stack.command("claim", disk.name, "first");
  const refused = await stack.command("move", disk.name, "first", "--from", "second");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("UDEVNS_E_CLAIM_CONFLICT")]);
});

test("a policy is shown before it is applied, and only its difference is carried out", async () => {
  const other = loops.plugNew();
  try {
    stack.writePolicy(
      `${policyFor(other.name, "second")}${policyFor(disk.name, "first").split("rules:\n")[1]?.replace("the disk", "the other")}`,
    );
    await until(async () => (await stack.command("explain", other.name)).code === 0, "the other disk to be known");
    const file = stack.env.UDEVNS_POLICY as string;
    const shown = await json("policy", "apply", file, "--dry-run");
    expect(shown.applied).toBe(false);
    expect(shown.changes.flatMap((change: { given: unknown[] }) => change.given)).toEqual(
      expect.arrayContaining([
        { container: "first", devpath: disk.devpath },
        { container: "second", devpath: other.devpath },
      ]),
    );
    expect(await has(first)).toBe(false);

    expect((await json("policy", "apply", file)).applied).toBe(true);
    await until(
      () => inFirst.actions(disk.devpath).join() === "add" && inSecond.actions(other.devpath).join() === "add",
    );

    stack.writePolicy(policyFor(other.name, "second"));
    await stack.command("policy", "apply", file);
    await until(() => inFirst.actions(disk.devpath).join() === "add,remove");
    expect(inSecond.actions(other.devpath)).toEqual(["add"]);
  } finally {
    stack.writePolicy("version: 1\nrules: []\n");
    await stack.command("policy", "apply", stack.env.UDEVNS_POLICY as string);
    other.unplug();
  }
});

test("explain names the condition that failed", async () => {
  stack.writePolicy(policyFor("sd*", "first"));
  await stack.command("policy", "apply", stack.env.UDEVNS_POLICY as string);
  const { stdout } = await stack.command("explain", `/dev/${disk.name}`);
  expect(stdout).toMatch(/the disk.*failed[\s\S]*sd\*/);
});

test("the audit tells who did what and why", async () => {
  await stack.command("claim", disk.name, "first", "--why", "she asked for it");
  // Who claims, who decides and who carries it out each write for themselves, and none waits for another.
  const told = async (kind: string, of: Record<string, string>) => {
    const { stdout } = await stack.command("events", "--since", "10m", "--json");
    const lines = stdout.split("\n").filter(Boolean);
    return lines
      .map((line) => JSON.parse(line))
      .filter(({ subject }) => subject.endsWith(`.${kind}`))
      .map(({ message }) => message)
      .find((message) => Object.entries({ unit: disk.devpath, ...of }).every(([key, value]) => message[key] === value));
  };
  const isTold = async (...about: Parameters<typeof told>) => (await told(...about)) !== undefined;
  await until(() => isTold("claim", { action: "claim" }), "the claim");
  expect(await told("claim", { action: "claim" })).toMatchObject({
    container: "first",
    why: "she asked for it",
    outcome: "done",
    who: expect.any(String),
  });
  await until(() => isTold("decision", { verdict: "owned" }), "the decision");
  expect((await told("decision", { verdict: "owned" })).by).toMatchObject({ kind: "claim", why: "she asked for it" });
});

test("what was applied stays in force when policy is killed, though its own file says something else", async () => {
  const file = stack.env.UDEVNS_POLICY as string;
  const applied = file.replace("policy.yaml", "applied.yaml");
  stack.writePolicy(NOTHING);
  writeFileSync(applied, policyFor(disk.name, "second"));
  await stack.command("policy", "apply", applied);
  await until(() => inSecond.actions(disk.devpath).join() === "add");
  const before = stack.status("policy")?.pid;
  stack.kill("policy");
  await stack.restarted("policy", before);
  expect((await json("policy", "show")).sources[0].file).toBe(applied);
  expect(inSecond.actions(disk.devpath)).toEqual(["add"]);
  await stack.command("policy", "apply", file);
  await until(() => inSecond.actions(disk.devpath).join() === "add,remove");
});
