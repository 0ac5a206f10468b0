import { expect, test } from "@jest/globals";
import { KeyedQueue } from "../src/index.ts";

/** A task that ends when it is told to. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test("tasks of one key keep their order, others overtake", async () => {
  const queue = new KeyedQueue();
  const log: string[] = [];
  const first = gate();
  queue.run(["a"], () => first.opened.then(() => void log.push("a1")));
  queue.run(["a"], async () => void log.push("a2"));
  queue.run(["b"], async () => void log.push("b1"));
  await new Promise(setImmediate);
  expect(log).toEqual(["b1"]);
  first.open();
  await queue.idle();
  expect(log).toEqual(["b1", "a1", "a2"]);
});

test("a task with two keys waits for both and holds up both", async () => {
  const queue = new KeyedQueue();
  const log: string[] = [];
  const loser = gate();
  queue.run(["loser", "device"], () => loser.opened.then(() => void log.push("take")));
  queue.run(["winner", "device"], async () => void log.push("give"));
  queue.run(["winner"], async () => void log.push("next"));
  await new Promise(setImmediate);
  expect(log).toEqual([]);
  loser.open();
  await queue.idle();
  expect(log).toEqual(["take", "give", "next"]);
});
