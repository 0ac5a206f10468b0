import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Bucket } from "@udevns/bus";
import { subjects } from "@udevns/protocol";
import type { CommandContext } from "../../services/cli/src/command.ts";
import { changeClaim } from "../../services/cli/src/commands/claim.ts";
import { Output } from "../../services/cli/src/output.ts";
import { type LoopDevice, type LoopRange, openLoops } from "../support/loop.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";

const policyFor = (devname: string) => `version: 1
rules:
  - name: for one desk
    match: { subsystem: block, devname: "${devname}" }
    give: { labels: { group: desks } }
`;

let loops: LoopRange;
let stack: Stack;
let first: Throwaway;
let second: Throwaway;
let disk: LoopDevice;

const json = async (...args: string[]) => JSON.parse((await stack.command(...args, "--json")).stdout);

beforeAll(async () => {
  loops = openLoops();
  stack = await startStack(policyFor(loops.glob));
  first = await startThrowaway("first", { userns: true });
  second = await startThrowaway("second", { userns: true });
  await stack.attach(first, { group: "desks" });
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
  const owned = async () => (await json("explain", disk.name)).decision?.kind === "owned";
  await until(owned, "the disk to be known");
});
afterEach(async () => {
  await stack.command("release", disk.name);
  disk.unplug();
});

describe("a container that does not run", () => {
  test.each(["claim", "move"])("is refused by %s, and the owner keeps the device", async (action) => {
    const refused = await stack.command(action, disk.name, "frist", "--json");
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).error.code).toBe("UDEVNS_E_CONTAINER_UNKNOWN");
    expect((await json("explain", disk.name)).decision.owners).toEqual(["first"]);
  });

  test("may be waited for", async () => {
    expect((await stack.command("move", disk.name, "later", "--wait")).code).toBe(0);
    expect((await json("explain", disk.name)).decision).toMatchObject({ kind: "waiting", container: "later" });
  });
});

test("a claim that others change at every attempt is told as such, and may be tried again", async () => {
  const context: CommandContext = {
    config: undefined as never,
    host: stack.host,
    bus: stack.bus,
    out: new Output({ json: true, colour: false }),
  };
  const lost = jest.spyOn(Bucket.prototype, "replace").mockResolvedValue(undefined);
  try {
    const claim = changeClaim(context, "claim", disk.name, "first", {});
    await expect(claim).rejects.toMatchObject({ code: "UDEVNS_E_CLAIM_RACE", retry: true });
    expect(lost).toHaveBeenCalledTimes(5);
  } finally {
    lost.mockRestore();
  }
});

test("devices names each one's unit and identity, and status the units in conflict", async () => {
  const device = (await json("devices")).find(({ devpath }: { devpath: string }) => devpath === disk.devpath);
  expect(device).toMatchObject({ unit: disk.devpath, identity: expect.stringMatching(/^v1:/) });
  expect((await stack.command("devices")).stdout).toContain(device.identity);
  const third = await startThrowaway("third", { userns: true });
  try {
    expect((await json("status")).conflicts).toEqual([]);
    await stack.attach(third, { group: "desks" });
    const containers = ["first", "third"];
    await until(async () => (await json("status")).conflicts.length > 0, "the conflict");
    expect((await json("status")).conflicts).toContainEqual({ unit: disk.devpath, containers });
    expect((await stack.command("status")).stdout).toContain(`conflict: ${disk.devpath} is for one container`);
  } finally {
    await third.stop();
  }
});

test("what is no message of ours stops neither events nor status nor health", async () => {
  stack.bus.nc.publish(subjects.audit(stack.host, "decision"), "{");
  stack.bus.nc.publish(subjects.container(stack.host, "start"), "null");
  await stack.bus.nc.flush();
  // A server answers before it has stored what was published.
  const malformed = async () => {
    const { code, stdout } = await stack.command("events", "--since", "10m");
    expect(code).toBe(0);
    return stdout.match(/malformed/g)?.length ?? 0;
  };
  await until(async () => (await malformed()) >= 2, "both in the events");
  expect(await malformed()).toBe(2);
  const noise = setInterval(() => stack.bus.nc.publish(subjects.status(stack.host, "policy"), "noise"), 20);
  try {
    expect((await json("status")).ok).toBe(true);
    expect(await json("health", "capture")).toEqual({ ok: true });
  } finally {
    clearInterval(noise);
  }
});

describe("with --json", () => {
  test.each([
    ["an option that is none", ["status", "--no-such-option"], "unknown option"],
    ["a missing argument", ["detach"], "missing required argument"],
    ["a command that is none", ["polish"], "unknown command"],
    ["no command", [], "a command is missing"],
  ])("%s is an error document, and 2", async (_, args, message) => {
    const { code, stdout } = await stack.command(...args, "--json");
    expect(code).toBe(2);
    const expected = { code: "UDEVNS_E_USAGE", message: expect.stringContaining(message) };
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: expected });
  });

  test("help and version are what they are", async () => {
    expect(await stack.command("--version", "--json")).toMatchObject({ code: 0, stdout: "0.1.0\n" });
    expect(await stack.command("claim", "--help", "--json")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: udevns claim/),
    });
  });
});
