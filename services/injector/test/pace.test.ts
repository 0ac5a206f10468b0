import { afterEach, expect, jest, test } from "@jest/globals";
import { Pacer } from "../src/pace.ts";

const listener = (portId: number, unreadBytes: number, drops = 0) => ({ portId, groups: 1, unreadBytes, drops });
const FULL = 200_000;
const LOOK_EVERY = 32;

afterEach(() => {
  jest.restoreAllMocks();
});

/** @returns what the 32nd event from now was told, the one before which the listeners are looked at */
async function look(pacer: Pacer, instance = "a") {
  for (let sent = 1; sent < LOOK_EVERY; sent++) await pacer.ready(instance, 1);
  return await pacer.ready(instance, 1);
}

test("listeners are looked at before every 32nd event of a container", async () => {
  let looks = 0;
  const pacer = new Pacer(() => {
    looks += 1;
    return [];
  });
  for (let sent = 1; sent < LOOK_EVERY; sent++) await pacer.ready("a", 1);
  await pacer.ready("b", 2);
  expect(looks).toBe(0);
  await pacer.ready("a", 1);
  expect(looks).toBe(1);
});

test("a listener that is behind is waited for until it has read", async () => {
  const seen = [FULL, FULL, 0];
  const pacer = new Pacer(() => [listener(1, seen.shift() ?? 0)]);
  expect(await look(pacer)).toEqual({ stuck: 0, dropped: 0, first: false });
  expect(seen).toEqual([]);
});

test("one that never reads costs its time once", async () => {
  const pacer = new Pacer(() => [listener(1, FULL)], 10);
  expect((await look(pacer)).stuck).toBe(1);
  let looks = 0;
  const counting = new Pacer(() => {
    looks += 1;
    return [listener(1, FULL)];
  }, 10);
  await look(counting);
  looks = 0;
  expect((await look(counting)).stuck).toBe(0);
  expect(looks).toBe(1);
});

test("the first drop of a container is told apart from those after it, until it is forgotten", async () => {
  let drops = 0;
  const pacer = new Pacer(() => [listener(1, 0, drops)]);
  const step = async () => {
    drops += 2;
    return await look(pacer);
  };
  await look(pacer);
  expect(await step()).toEqual({ stuck: 0, dropped: 2, first: true });
  expect(await step()).toEqual({ stuck: 0, dropped: 2, first: false });
  pacer.forget("a");
  await look(pacer);
  expect(await step()).toEqual({ stuck: 0, dropped: 2, first: true });
});

/** Beyond any pid_max: a container that has gone. */
const GONE = 2 ** 30;

test("a container that is gone holds nothing up: the send itself will say so", async () => {
  const pacer = new Pacer();
  for (let sent = 0; sent < 100; sent += 1)
    expect(await pacer.ready("b0:1", GONE)).toEqual({ stuck: 0, dropped: 0, first: false });
});

test("one that never reads is given up though the wall clock is set back while it is waited for", async () => {
  let now = Date.now();
  jest.spyOn(Date, "now").mockImplementation(() => (now -= 1_000));
  const pacer = new Pacer(() => [listener(1, FULL)], 10);
  expect((await look(pacer)).stuck).toBe(1);
});
