import { describe, expect, test } from "@jest/globals";
import { seededRandom } from "../support/random.ts";
import type { Action } from "./model/action.ts";
import { judge, type Slice, whatMakesNoSense } from "./model/judge.ts";
import { randomSchedule } from "./model/schedule.ts";
import { after, emptyWorld, givenBy, isPossible, type World } from "./model/world.ts";

const worldsAfter = (...actions: Action[]): World[] => {
  const worlds = [emptyWorld];
  for (const action of actions) worlds.push(after(worlds.at(-1) as World, action));
  return worlds;
};
/** A policy that gives device 1 to one container alone. */
const exclusive = Array.from({ length: 100 }, (_, policy) => policy).find((each) => givenBy(each, 1).length === 1) ?? 0;
const [owner = "plain"] = givenBy(exclusive, 1);
const begin = worldsAfter({ kind: "policy", number: exclusive }, { kind: "start", container: owner }).slice(-1);
const faults = (worlds: readonly World[], slice: Slice) =>
  judge(worlds, (container, device) => (container === owner && device === 1 ? slice : undefined)).map(
    ({ what }) => what,
  );

describe("a round in which nobody touched whose the device is", () => {
  const said = ["add", "change 1", "remove"];

  test.each([
    { heard: said, wrong: 0 },
    { heard: ["add", "remove"], wrong: 1 },
    { heard: ["add", "change 1", "change 1", "remove"], wrong: 1 },
    { heard: ["change 1", "add", "remove"], wrong: 1 },
    { heard: [], wrong: 1 },
  ])("asks for all that the kernel said: $heard", ({ heard, wrong }) => {
    expect(faults(begin, { said, heard })).toHaveLength(wrong);
  });
});

test("nothing may be heard of what is somebody else's", () => {
  const world = { ...(begin[0] as World), running: new Set(["plain", "userns", "udevless"] as const) };
  const others = judge([world], (container, device) =>
    container !== owner && device === 1 ? { said: ["add"], heard: ["add"] } : undefined,
  );
  expect(others.map(({ what }) => what)).toEqual(["it heard what is not for it", "it heard what is not for it"]);
});

describe("what is heard while the device changes hands", () => {
  test.each([
    { heard: ["add", "change 2"], had: false, has: true, ok: true },
    { heard: ["change 1", "remove"], had: true, has: false, ok: true },
    { heard: [], had: true, has: true, ok: true },
    { heard: ["add"], had: true, has: true, ok: false },
    { heard: ["add", "change 2", "change 1"], had: false, has: true, ok: false },
    { heard: ["add", "change 3"], had: false, has: true, ok: false },
    { heard: ["change 1"], had: false, has: false, ok: false },
    { heard: [], had: true, has: false, ok: false },
    { heard: ["add", "remove"], had: false, has: true, ok: false },
  ])("$heard from $had to $has: $ok", ({ heard, had, has, ok }) => {
    expect(whatMakesNoSense({ said: ["change 1", "change 2"], heard }, had, has) === undefined).toBe(ok);
  });
});

test("a schedule is the same for the same seed, and each of its actions is possible", () => {
  for (let seed = 1; seed < 200; seed += 1) {
    const schedule = randomSchedule(seededRandom(seed), emptyWorld);
    expect(randomSchedule(seededRandom(seed), emptyWorld)).toEqual(schedule);
    let world = emptyWorld;
    for (const action of schedule.flat()) {
      expect(isPossible(world, action)).toBe(true);
      world = after(world, action);
    }
  }
});
