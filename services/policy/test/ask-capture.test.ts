import { expect, jest, test } from "@jest/globals";
import type { ServiceContext } from "@udevns/service";
import { missedEvents } from "../src/ask-capture.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** What is done, in its order; the checkpoint is written when the test says so. */
function decided(answer: () => Promise<unknown>) {
  const done: string[] = [];
  const warned = jest.fn();
  let written: () => void = () => undefined;
  const request = async (subject: string) => {
    done.push(subject);
    return { data: Buffer.from(JSON.stringify(await answer())) };
  };
  const log = { info: jest.fn(), debug: jest.fn(), warn: warned };
  const missed = missedEvents({
    context: { bus: { nc: { request } }, log } as unknown as ServiceContext,
    host: "a",
    writeDown: () => {
      done.push("write");
      return new Promise((resolve) => {
        written = resolve;
      });
    },
    onMended: () => void done.push("mended"),
  });
  missed.begin();
  missed.notice();
  return { missed, done, warned, written: () => written() };
}

test("capture is asked only when what is known is written down", async () => {
  const { missed, done, written } = decided(async () => ({ added: 0, removed: 1, changed: 0 }));
  missed.onCaughtUp();
  await turn();
  expect(done).toEqual(["write"]);
  written();
  await turn();
  expect(done).toEqual(["write", "udevns.v1.rpc.a.scan", "mended"]);
});

test("where capture is away it is warned of once", async () => {
  jest.useFakeTimers({ doNotFake: ["setImmediate"] });
  try {
    const { missed, done, warned, written } = decided(() => Promise.reject(new Error("away")));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      jest.advanceTimersByTime(60_000);
      written();
      await turn();
      expect(done).toHaveLength(2 * attempt);
    }
    expect(warned).toHaveBeenCalledTimes(1);
    missed.stop();
  } finally {
    jest.useRealTimers();
  }
});
