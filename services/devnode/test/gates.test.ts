import { expect, test } from "@jest/globals";
import type { Pidfd } from "@udevns/native";
import type { HeldContainer } from "../src/containers.ts";
import { GateFile } from "../src/gate/gate-file.ts";
import { Gates, type gateHands } from "../src/gate/gates.ts";
import { NotClosed } from "../src/gate/not-closed.ts";
import { target } from "./support/builders.ts";
import { scratch } from "./support/scratch.ts";

const web = target("web");
const heir = { ...target("heir"), namespaces: web.namespaces };

/** Gates over a kernel that is played: which namespaces are closed, by what, and what it refuses. */
function setUp(path = scratch("gates")) {
  const closed = new Set<string>();
  const alive = new Set([web.instance]);
  const play = { now: 0, close: "done" as "done" | "refused" | "timeout", opens: true, lists: true };
  const hands: typeof gateHands = {
    now: () => play.now,
    gateFacts: () => ({ hasHostsNetwork: false, ownedByHost: true, userNamespaced: false }),
    closeGate: async (closer, { netns }) => {
      if (closer === "module" || play.close === "refused") throw new NotClosed("not here", false);
      closed.add(`${closer} ${netns}`);
      if (play.close === "timeout") throw new NotClosed("killed", true);
    },
    openGate: async (closer, { netns }) => {
      if (!play.opens) throw new Error("killed");
      closed.delete(`${closer} ${netns}`);
    },
    droppedByNamespace: async () => {
      if (!play.lists) throw new Error("killed");
      return new Map([...closed].map((name) => [name.split(" ")[1] as string, 7]));
    },
    unloadIfEmpty: async () => undefined,
  };
  const containers = {
    isAlive: ({ instance }: { instance: string }) => alive.has(instance),
    hold: () => ({ target: { pidfd: {} as Pidfd } }) as unknown as HeldContainer,
  };
  return { gates: new Gates(new GateFile(path), containers, hands), closed, alive, play, path };
}

test("one whose last step timed out is opened again", async () => {
  const { gates, closed, play } = setUp();
  play.close = "timeout";
  expect(await gates.set(web, "auto")).toMatchObject({ kind: "none", detail: expect.stringContaining("killed") });
  expect([...closed]).toEqual([]);
});

test("where that fails too it is known, also to a later life, and opened as soon as it can be", async () => {
  const { gates, closed, play, path } = setUp();
  Object.assign(play, { close: "timeout", opens: false });
  await gates.set(web, "require");
  await gates.forget(web.instance);
  expect([...closed]).toEqual(["bpf 1"]);
  const next = setUp(path);
  for (const name of closed) next.closed.add(name);
  next.play.opens = false;
  await next.gates.restore();
  expect([...next.closed]).toEqual(["bpf 1"]);
  next.play.opens = true;
  await next.gates.retry();
  expect([...next.closed]).toEqual([]);
  expect(new GateFile(path).read()).toEqual([]);
});

test("what could not be opened stays closed where another container has got the namespace", async () => {
  const { gates, closed, alive, play } = setUp();
  await gates.set(web, "require");
  play.opens = false;
  await gates.forget(web.instance);
  alive.add(heir.instance);
  await gates.set(heir, "require");
  play.opens = true;
  await gates.retry();
  expect([...closed]).toEqual(["bpf 1"]);
});

test("a list that fails says nothing about what is closed", async () => {
  const { gates, play } = setUp();
  await gates.set(web, "require");
  play.lists = false;
  await expect(gates.look()).rejects.toThrow("killed");
  expect(gates.states()).toMatchObject([{ kind: "bpf" }]);
  expect(gates.obstacleFor(web.instance)).toBeUndefined();
});

test("one that somebody has opened is closed again", async () => {
  const { gates, closed } = setUp();
  await gates.set(web, "require");
  closed.clear();
  await gates.look();
  expect([...closed]).toEqual(["bpf 1"]);
});

test("one that is wished and failed is tried again, less and less often", async () => {
  const { gates, closed, play } = setUp();
  play.close = "refused";
  await gates.set(web, "auto");
  play.close = "done";
  expect(await gates.retry()).toBe(false);
  play.now = 2_000;
  play.close = "refused";
  expect(await gates.retry()).toBe(false);
  play.close = "done";
  play.now = 4_000;
  expect(await gates.retry()).toBe(false);
  play.now = 6_000;
  expect(await gates.retry()).toBe(true);
  expect([...closed]).toEqual(["bpf 1"]);
});

test("one that keeps devices back is tried at each look", async () => {
  const { gates, play } = setUp();
  play.close = "refused";
  await gates.set(web, "require");
  for (play.now = 2_000; play.now < 10_000; play.now += 2_000) expect(await gates.retry()).toBe(false);
  play.close = "done";
  expect(await gates.retry()).toBe(true);
});

test("where nothing was begun, nothing is left to open", async () => {
  const { gates, play, path } = setUp();
  Object.assign(play, { close: "refused", opens: false });
  await gates.set(web, "auto");
  await gates.forget(web.instance);
  expect(new GateFile(path).read()).toEqual([]);
});
