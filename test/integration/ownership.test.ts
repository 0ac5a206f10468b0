import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Listener, listenIn } from "../support/listener.ts";
import { collectResults } from "../support/results.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

let stack: Stack;
let first: Throwaway;
let second: Throwaway;
let inFirst: Listener;
let inSecond: Listener;
let zram: Zram;

/** What the policy file said when the stack was started. */
const NOTHING = "version: 1\nrules: []\n";

const policyFor = (name: string, container: string) => `version: 1
rules:
  - name: the disk
    match: { subsystem: block, devname: ${name} }
    give: { container: ${container} }
`;

const has = async (container: Throwaway) => (await container.run(`test -b /dev/${zram.name}`)).code === 0;
const json = async (...args: string[]) => JSON.parse((await stack.command(...args, "--json")).stdout);

beforeAll(async () => {
  stack = await startStack(NOTHING);
  first = await startThrowaway("first", { userns: true });
  second = await startThrowaway("second", { userns: false });
  await stack.attach(first);
  await stack.attach(second);
}, 60_000);
afterAll(async () => {
  await first?.stop();
  await second?.stop();
  await stack?.stop();
});

beforeEach(async () => {
  zram = plugZram();
  inFirst = listenIn(first);
  inSecond = listenIn(second);
  await until(async () => (await stack.command("explain", zram.name)).code === 0, "the disk to be known");
});
afterEach(async () => {
  await stack.command("release", zram.name);
  zram.unplug();
  inFirst.close();
  inSecond.close();
});

describe("a claim", () => {
  test("gives the unit, above the rules, and its release takes it back", async () => {
    expect((await stack.command("claim", zram.name, "first", "--why", "test")).code).toBe(0);
    await until(() => inFirst.actions(zram.devpath).join() === "add");
    expect(await has(first)).toBe(true);
    await stack.command("release", zram.name);
    await until(() => inFirst.actions(zram.devpath).join() === "add,remove");
    expect(await has(first)).toBe(false);
  });

  test("of another's unit is refused with the owner's name", async () => {
    await stack.command("claim", zram.name, "first");
    const refused = await stack.command("claim", zram.name, "second", "--json");
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).error).toMatchObject({
      code: "UDEVNS_E_CLAIM_CONFLICT",
      fields: { owner: "first" },
    });
    expect((await json("explain", zram.name)).decision.owners).toEqual(["first"]);
  });

  test("made twice at the same time is given to one", async () => {
    const both = await Promise.all([
      stack.command("claim", zram.name, "first"),
      stack.command("claim", zram.name, "second"),
    ]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    const [winner, listener] = both[0].code === 0 ? ["first", inFirst] : ["second", inSecond];
    await until(() => listener.actions(zram.devpath).join() === "add");
    expect((await json("explain", zram.name)).decision.owners).toEqual([winner]);
  });
});

test("a move takes the unit from one container before the other gets it", async () => {
  const results = await collectResults(stack);
  await stack.command("claim", zram.name, "first");
  await until(() => inFirst.actions(zram.devpath).join() === "add");
  expect((await stack.command("move", zram.name, "second", "--from", "first")).code).toBe(0);
  await until(() => inSecond.actions(zram.devpath).join() === "add");
  await until(() => inFirst.actions(zram.devpath).join() === "add,remove");
  expect([await has(first), await has(second)]).toEqual([false, true]);
  // When two listeners hear is the scheduler's affair; one devnode did the one before the other.
  const doneAt = (container: string, action: string) =>
    results.of(zram.devpath, container).find((each) => each.role === "devnode" && each.action === action)?.hops.devnode;
  await until(() => doneAt("second", "add") !== undefined, "devnode's word");
  expect(doneAt("first", "remove")).toBeLessThan(doneAt("second", "add") as number);
});

test("a move from somebody who does not have it is refused", async () => {
  await stack.command("claim", zram.name, "first");
  const refused = await stack.command("move", zram.name, "first", "--from", "second");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("UDEVNS_E_CLAIM_CONFLICT")]);
});

test("a policy is shown before it is applied, and only its difference is carried out", async () => {
  const other = plugZram();
  try {
    stack.writePolicy(
      `${policyFor(other.name, "second")}${policyFor(zram.name, "first").split("rules:\n")[1]?.replace("the disk", "the other")}`,
    );
    const file = stack.env.UDEVNS_POLICY as string;
    const shown = await json("policy", "apply", file, "--dry-run");
    expect(shown.applied).toBe(false);
    expect(shown.changes.flatMap((change: { given: unknown[] }) => change.given)).toEqual(
      expect.arrayContaining([
        { container: "first", devpath: zram.devpath },
        { container: "second", devpath: other.devpath },
      ]),
    );
    expect(await has(first)).toBe(false);

    expect((await json("policy", "apply", file)).applied).toBe(true);
    await until(
      () => inFirst.actions(zram.devpath).join() === "add" && inSecond.actions(other.devpath).join() === "add",
    );

    stack.writePolicy(policyFor(other.name, "second"));
    await stack.command("policy", "apply", file);
    await until(() => inFirst.actions(zram.devpath).join() === "add,remove");
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
  const { stdout } = await stack.command("explain", `/dev/${zram.name}`);
  expect(stdout).toMatch(/the disk.*failed[\s\S]*sd\*/);
});

test("the audit tells who did what and why", async () => {
  await stack.command("claim", zram.name, "first", "--why", "she asked for it");
  await until(async () => /first add/.test((await stack.command("events", "--since", "1m")).stdout));
  const lines = (await stack.command("events", "--since", "1m", "--json")).stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const claim = lines.findLast(
    ({ subject, message }) => subject.endsWith(".claim") && message.unit === zram.devpath && message.action === "claim",
  );
  expect(claim.message).toMatchObject({
    container: "first",
    why: "she asked for it",
    outcome: "done",
    who: expect.any(String),
  });
  const decision = lines.findLast(
    ({ subject, message }) =>
      subject.endsWith(".decision") && message.unit === zram.devpath && message.verdict === "owned",
  );
  expect(decision.message.by).toMatchObject({ kind: "claim", why: "she asked for it" });
});

test("what was applied stays in force when policy is killed, though its own file says something else", async () => {
  const file = stack.env.UDEVNS_POLICY as string;
  const applied = file.replace("policy.yaml", "applied.yaml");
  stack.writePolicy(NOTHING);
  writeFileSync(applied, policyFor(zram.name, "second"));
  await stack.command("policy", "apply", applied);
  await until(() => inSecond.actions(zram.devpath).join() === "add");
  const before = stack.status("policy")?.pid;
  stack.kill("policy");
  await stack.restarted("policy", before);
  expect((await json("policy", "show")).sources[0].file).toBe(applied);
  expect(inSecond.actions(zram.devpath)).toEqual(["add"]);
  await stack.command("policy", "apply", file);
  await until(() => inSecond.actions(zram.devpath).join() === "add,remove");
});
