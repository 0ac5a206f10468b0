import { afterEach, expect, test } from "@jest/globals";
import type { ServiceContext } from "@udevns/service";
import { RuntimeFollower } from "../src/follow-runtime.ts";
import type { RuntimeAdapter } from "../src/runtimes/runtime.ts";

const context = {
  counters: { set: () => undefined },
  log: { info: () => undefined, warn: () => undefined },
} as unknown as ServiceContext;

let follower: RuntimeFollower | undefined;
afterEach(() => follower?.close());

/** Says once that it listens, and then nothing more. */
const quiet = (list: RuntimeAdapter["list"]): RuntimeAdapter => ({
  runtime: "docker",
  place: "/nowhere",
  list,
  watch: async (changed, signal) => {
    changed();
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  },
});

test("a list that failed is asked for again, though the runtime says nothing more", async () => {
  let asked = 0;
  const sighting = { name: "web", id: "1", pid: 42, state: "running" as const, labels: {} };
  const adapter = quiet(async () => {
    asked += 1;
    if (asked === 1) throw new Error("no answer");
    return [sighting];
  });
  const taken = await new Promise((resolve) => {
    follower = new RuntimeFollower(context, adapter, async (sightings) => resolve(sightings));
  });
  expect(taken).toEqual([sighting]);
});

test("what could not be taken in is tried again", async () => {
  let tried = 0;
  await new Promise<void>((resolve) => {
    follower = new RuntimeFollower(
      context,
      quiet(async () => []),
      async () => {
        tried += 1;
        if (tried === 1) throw new Error("not stored");
        resolve();
      },
    );
  });
  expect(tried).toBe(2);
});

test("a watch that ends as soon as it has begun is begun less and less often", async () => {
  const begun: number[] = [];
  await new Promise<void>((resolve) => {
    const adapter: RuntimeAdapter = {
      ...quiet(async () => []),
      watch: async (changed) => {
        changed();
        begun.push(performance.now());
        if (begun.length === 4) resolve();
      },
    };
    follower = new RuntimeFollower(context, adapter, async () => undefined);
  });
  const [first = 0, , , fourth = 0] = begun;
  expect(fourth - first).toBeGreaterThan(650);
});
