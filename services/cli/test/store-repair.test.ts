import { expect, test } from "@jest/globals";
import { storeRepair } from "../src/supervisor/store-repair.ts";

/** A server of which so many streams are missing, and whose answers to the attempts are scripted. */
function rig(answers: (() => void)[], missing = 2) {
  const said: string[] = [];
  const anew: number[] = [];
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let attempts = 0;
  let waiting: { attempts: number; resolve: () => void } | undefined;
  const reconnected = storeRepair({
    lost: async () => missing > 0,
    make: async () => {
      const answer = answers[attempts];
      attempts += 1;
      if (waiting !== undefined && attempts >= waiting.attempts) waiting.resolve();
      answer?.();
      missing = 0;
    },
    beginAnew: () => anew.push(attempts),
    note: (text) => said.push(text),
    stop: stopped,
    delayMs: 1,
  });
  const attempted = (count: number) =>
    new Promise<void>((resolve) => {
      waiting = { attempts: count, resolve };
      if (attempts >= count) resolve();
    }).then(() => new Promise(setImmediate));
  return {
    said,
    anew,
    reconnected,
    attempted,
    stop,
    attempts: () => attempts,
    lose: () => (missing = 2),
    made: () => (missing = 0),
  };
}

const fail = () => {
  throw new Error("no room");
};

test("a server that comes back with all that it had changes nothing", async () => {
  const { reconnected, attempted, anew, said } = rig([], 0);
  reconnected();
  await attempted(1);
  expect([anew, said]).toEqual([[], []]);
});

test("what fails is tried until it succeeds, and said once", async () => {
  const { reconnected, attempted, anew, said } = rig([fail, fail, fail]);
  reconnected();
  await attempted(4);
  expect(anew).toEqual([4]);
  expect(said).toEqual(["no room; trying again every 1 ms"]);
});

test("services begin anew also when an attempt that failed had made all that was missing", async () => {
  const it = rig([
    () => {
      it.made();
      fail();
    },
  ]);
  it.reconnected();
  await it.attempted(2);
  expect(it.anew).toEqual([2]);
});

test("a store that is lost again while it is repaired is repaired again", async () => {
  const it = rig([
    () =>
      queueMicrotask(() => {
        it.lose();
        it.reconnected();
      }),
  ]);
  it.reconnected();
  await it.attempted(2);
  expect(it.anew.at(-1)).toBe(2);
});

test("after the end nothing is tried any more, and nothing begun", async () => {
  const it = rig([
    () => {
      it.stop();
      fail();
    },
  ]);
  it.reconnected();
  await it.attempted(1);
  it.reconnected();
  await new Promise(setImmediate);
  expect([it.attempts(), it.anew]).toEqual([1, []]);
});
