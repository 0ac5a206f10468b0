import { expect, jest, test } from "@jest/globals";
import { Missed } from "../src/missed.ts";

/** A capture whose answers come when the test says so. */
function capture(delayMs = 1_000_000) {
  const asked: { answer(): void; fail(): void }[] = [];
  const onMended = jest.fn<() => void>();
  const onFailed = jest.fn<(error: unknown) => void>();
  const missed = new Missed({
    ask: () =>
      new Promise<void>((resolve, reject) => {
        asked.push({ answer: resolve, fail: () => reject(new Error("away")) });
      }),
    onMended,
    onFailed,
    delayMs,
  });
  return { missed, asked, onMended, onFailed };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("where nothing was missed nothing is asked for", () => {
  const { missed, asked } = capture();
  missed.onCaughtUp();
  expect(asked).toHaveLength(0);
  expect(missed.open).toBe(false);
});

test("it is asked for once at the log's end, and open until the answer", async () => {
  const { missed, asked, onMended } = capture();
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
  const { missed, asked, onMended } = capture();
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
  const { missed, asked, onFailed } = capture(1);
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
  const { missed, asked, onMended, onFailed } = capture(1);
  missed.notice();
  missed.onCaughtUp();
  missed.stop();
  asked[0]?.fail();
  missed.onCaughtUp();
  missed.notice();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toHaveLength(1);
  expect(onMended).not.toHaveBeenCalled();
  expect(onFailed).not.toHaveBeenCalled();
});
