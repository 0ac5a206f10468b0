import { expect, jest, test } from "@jest/globals";
import { Missed } from "../src/missed.ts";

/** A capture whose answers come when the test says so. */
function capture(delayMs = 1_000_000, maxDelayMs = delayMs) {
  const asked: { answer(): void; fail(): void }[] = [];
  const onMended = jest.fn<() => void>();
  const onFailed = jest.fn<(error: unknown, failures: number) => void>();
  const missed = new Missed({
    ask: () =>
      new Promise<void>((resolve, reject) => {
        asked.push({ answer: resolve, fail: () => reject(new Error("away")) });
      }),
    onMended,
    onFailed,
    delayMs,
    maxDelayMs,
  });
  return { missed, asked, onMended, onFailed };
}
/** One that is decided for. */
function begun(delayMs?: number, maxDelayMs?: number) {
  const all = capture(delayMs, maxDelayMs);
  all.missed.begin();
  return all;
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("where nothing was missed nothing is asked for", () => {
  const { missed, asked } = begun();
  missed.onCaughtUp();
  expect(asked).toHaveLength(0);
  expect(missed.open).toBe(false);
});

test("it is asked for once at the log's end, and open until the answer", async () => {
  const { missed, asked, onMended } = begun();
  missed.notice();
  expect(asked).toHaveLength(0);
  missed.onCaughtUp();
  missed.onCaughtUp();
  expect(asked).toHaveLength(1);
  expect(missed.open).toBe(true);
  asked[0]?.answer();
  await turn();
  expect(missed.open).toBe(false);
  expect(onMended).toHaveBeenCalledTimes(1);
  missed.onCaughtUp();
  expect(asked).toHaveLength(1);
  missed.stop();
});

test("an answer does not make up for what was missed after it was asked for", async () => {
  const { missed, asked, onMended } = begun();
  missed.notice();
  missed.onCaughtUp();
  missed.notice();
  asked[0]?.answer();
  await turn();
  expect(missed.open).toBe(true);
  expect(onMended).not.toHaveBeenCalled();
  missed.onCaughtUp();
  asked[1]?.answer();
  await turn();
  expect(missed.open).toBe(false);
  missed.stop();
});

test("it is asked for again when nobody answers, also where the log's end never comes", async () => {
  const { missed, asked, onFailed } = begun(1);
  missed.notice();
  while (asked.length < 1) await turn();
  asked[0]?.fail();
  while (asked.length < 2) await turn();
  expect(onFailed).toHaveBeenCalledTimes(1);
  expect(missed.open).toBe(true);
  asked[1]?.answer();
  await turn();
  expect(missed.open).toBe(false);
});

test("one that is stopped asks nobody and says nothing", async () => {
  const { missed, asked, onMended, onFailed } = begun(1);
  missed.notice();
  missed.onCaughtUp();
  missed.stop();
  asked[0]?.fail();
  missed.onCaughtUp();
  missed.notice();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toHaveLength(1);
  expect(missed.open).toBe(true);
  expect(onMended).not.toHaveBeenCalled();
  expect(onFailed).not.toHaveBeenCalled();
});

test("an answer that comes after the stop makes up for nothing", async () => {
  const { missed, asked } = begun();
  missed.notice();
  missed.onCaughtUp();
  missed.stop();
  asked[0]?.answer();
  await turn();
  expect(missed.open).toBe(true);
});

test("nobody is asked before what is known is written down; then what was missed by then is asked for", async () => {
  const { missed, asked } = capture(1);
  missed.notice();
  missed.onCaughtUp();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toHaveLength(0);
  missed.begin();
  while (asked.length < 1) await turn();
  missed.stop();
});

test("one that fails is given ever more time, up to a bound, also where the log is read to its end again and again", async () => {
  jest.useFakeTimers({ doNotFake: ["setImmediate"] });
  try {
    const { missed, asked, onFailed } = begun(5, 17);
    missed.notice();
    missed.onCaughtUp();
    for (const [failure, delay] of [5, 10, 17, 17].entries()) {
      asked[failure]?.fail();
      await turn();
      missed.onCaughtUp();
      jest.advanceTimersByTime(delay - 1);
      expect(asked).toHaveLength(failure + 1);
      jest.advanceTimersByTime(1);
      expect(asked).toHaveLength(failure + 2);
    }
    expect(onFailed.mock.calls.map(([, failures]) => failures)).toEqual([1, 2, 3, 4]);
    asked[4]?.answer();
    await turn();
    missed.notice();
    missed.onCaughtUp();
    expect(asked).toHaveLength(6);
    asked[5]?.fail();
    await turn();
    expect(onFailed.mock.calls.at(-1)?.[1]).toBe(1);
    missed.stop();
  } finally {
    jest.useRealTimers();
  }
});
