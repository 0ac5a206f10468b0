import { expect, test } from "@jest/globals";
import { ListenerWatch } from "../src/listener-watch.ts";

const listener = (portId: number, unreadBytes: number, drops = 0) => ({ portId, groups: 1, unreadBytes, drops });
const FULL = 200_000;

test("those that are behind are waited for", () => {
  const watch = new ListenerWatch();
  expect(watch.look([])).toEqual({ behind: [], dropped: 0 });
  expect(watch.look([listener(1, 96 * 1024), listener(2, FULL)]).behind).toEqual([2]);
});

test("one that was given up is ignored, and the others are not, until it has caught up", () => {
  const watch = new ListenerWatch();
  watch.giveUp(watch.look([listener(1, FULL)]).behind);
  expect(watch.look([listener(1, FULL), listener(2, FULL)]).behind).toEqual([2]);
  // A single event read is not enough.
  expect(watch.look([listener(1, FULL - 1_300)]).behind).toEqual([]);
  expect(watch.look([listener(1, 0)]).behind).toEqual([]);
  expect(watch.look([listener(1, FULL)]).behind).toEqual([1]);
});

test("a listener that closed leaves nothing to one that has its port id later", () => {
  const watch = new ListenerWatch();
  watch.giveUp(watch.look([listener(1, FULL, 5)]).behind);
  watch.look([]);
  expect(watch.look([listener(1, FULL, 9)])).toEqual({ behind: [1], dropped: 0 });
});

test("drops count from the first look on, and never backwards", () => {
  const watch = new ListenerWatch();
  expect(watch.look([listener(1, 0, 7)]).dropped).toBe(0);
  expect(watch.look([listener(1, 0, 10), listener(2, 0, 4)]).dropped).toBe(3);
  expect(watch.look([listener(1, 0, 10), listener(2, 0, 5)]).dropped).toBe(1);
  expect(watch.look([listener(1, 0, 0), listener(2, 0, 5)]).dropped).toBe(0);
});
