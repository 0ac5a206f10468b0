import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Listener, listenIn } from "../support/listener.ts";
import { type LoopDevice, type LoopRange, openLoops } from "../support/loop.ts";
import { collectResults } from "../support/results.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";

let loops: LoopRange;
let stack: Stack;
let results: Awaited<ReturnType<typeof collectResults>>;

beforeAll(async () => {
  loops = openLoops();
  stack = await startStack("version: 1\nrules: []\n");
  results = await collectResults(stack);
});
afterAll(async () => {
  await stack?.stop();
  loops?.close();
});

/** A root of a user namespace may do so to the mount; to the file system mount(8) would state ids that it cannot map. */
const remount = async (container: Throwaway, how: "ro" | "rw") =>
  expect(await container.run(`mount -o remount${container.userns ? ",bind" : ""},${how} /dev`)).toMatchObject({
    code: 0,
  });
const has = async (container: Throwaway, disk: LoopDevice) =>
  (await container.run(`test -b /dev/${disk.name}`)).code === 0;
const hasMountPoint = async (container: Throwaway, disk: LoopDevice) =>
  (await container.run(`test -e /dev/${disk.name}`)).code === 0;

describe.each([
  { kind: "plain", userns: false },
  { kind: "user-namespaced", userns: true },
])("a $kind container whose /dev cannot be written to when it shall lose a device", ({ kind, userns }) => {
  let loser: Throwaway;
  let winner: Throwaway;
  let inLoser: Listener;
  let inWinner: Listener;
  let disk: LoopDevice;
  let other: LoopDevice;

  beforeAll(async () => {
    loser = await startThrowaway(`loser-${kind}`, { userns });
    winner = await startThrowaway(`winner-${kind}`, { userns: false });
    await stack.attach(loser);
    await stack.attach(winner);
    inLoser = listenIn(loser);
    inWinner = listenIn(winner);
    disk = loops.plugNew();
    other = loops.plugNew();
    for (const { name } of [disk, other])
      await until(async () => (await stack.command("explain", name)).code === 0, "the disk to be known");
    await stack.command("claim", disk.name, loser.name);
    await until(() => inLoser.actions(disk.devpath).join() === "add");
  });
  afterAll(async () => {
    for (const each of [disk, other]) {
      await stack.command("release", each.name);
      each.unplug();
    }
    inLoser?.close();
    inWinner?.close();
    await loser?.stop();
    await winner?.stop();
  });

  test("keeps it, hears nothing, and nobody else gets it", async () => {
    await remount(loser, "ro");
    await stack.command("move", disk.name, winner.name, "--from", loser.name);
    const failed = () => results.of(disk.devpath, loser.name).find(({ outcome }) => outcome === "failed");
    const refused = () => results.of(disk.devpath, winner.name).find(({ outcome }) => outcome === "refused");
    await until(() => failed() !== undefined && refused() !== undefined, "both results");
    expect(failed()).toMatchObject({ role: "devnode", error: { code: "UDEVNS_E_NODE_FS" } });
    expect(refused()).toMatchObject({ error: { code: "UDEVNS_E_CLAIM_CONFLICT", fields: { owner: loser.name } } });
    expect(await hasMountPoint(loser, disk)).toBe(true);
    expect(await has(winner, disk)).toBe(false);
    expect([inLoser.actions(disk.devpath), inWinner.actions(disk.devpath)]).toEqual([["add"], []]);
    await until(() => stack.status("devnode")?.note.includes(`${disk.name} from ${loser.name}`) === true, "status");
  });

  test("holds up nothing else of the container that waits for it", async () => {
    await stack.command("claim", other.name, winner.name);
    await until(() => inWinner.actions(other.devpath).join() === "add", "the other disk");
    expect(await has(winner, other)).toBe(true);
  });

  test("does so after devnode was killed as well", async () => {
    const before = stack.status("devnode")?.pid;
    stack.kill("devnode");
    await stack.restarted("devnode", before);
    await until(() => stack.status("devnode")?.note.includes(`${disk.name} from ${loser.name}`) === true, "status");
    expect(await has(winner, disk)).toBe(false);
    expect([inLoser.actions(disk.devpath), inWinner.actions(disk.devpath)]).toEqual([["add"], []]);
  });

  test("loses it, and hears so, once it can; only then the other gets it", async () => {
    await remount(loser, "rw");
    await until(() => inWinner.actions(disk.devpath).join() === "add", "the winner's add");
    await until(() => inLoser.actions(disk.devpath).join() === "add,remove", "the loser's remove");
    expect(await hasMountPoint(loser, disk)).toBe(false);
    expect(await has(winner, disk)).toBe(true);
    // When two listeners hear is the scheduler's affair; one devnode did the one before the other.
    const doneAt = (container: Throwaway, action: string) =>
      results
        .of(disk.devpath, container.name)
        .find(({ role, outcome, ...each }) => role === "devnode" && outcome === "done" && each.action === action)?.hops
        .devnode;
    await until(() => doneAt(winner, "add") !== undefined, "devnode's word");
    expect(doneAt(loser, "remove")).toBeLessThan(doneAt(winner, "add") as number);
  });
});

test("a container that ends with the device it should have lost lets the other one have it", async () => {
  const loser = await startThrowaway("ending", { userns: false });
  const winner = await startThrowaway("heir", { userns: false });
  const ear = listenIn(winner);
  const disk = loops.plugNew();
  try {
    await stack.attach(loser);
    await stack.attach(winner);
    await until(async () => (await stack.command("explain", disk.name)).code === 0, "the disk to be known");
    await stack.command("claim", disk.name, loser.name);
    await until(() => has(loser, disk), "the node");
    await remount(loser, "ro");
    await stack.command("move", disk.name, winner.name, "--from", loser.name);
    await until(
      () => results.of(disk.devpath, winner.name).some(({ outcome }) => outcome === "refused"),
      "the refusal",
    );
    await loser.stop();
    await until(() => ear.actions(disk.devpath).join() === "add", "add");
    expect(await has(winner, disk)).toBe(true);
  } finally {
    await stack.command("release", disk.name);
    disk.unplug();
    ear.close();
    await loser.stop();
    await winner.stop();
  }
});
