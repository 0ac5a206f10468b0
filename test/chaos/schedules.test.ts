import { afterAll, describe, test } from "@jest/globals";
import { fixed } from "./model/fixed.ts";
import { SETTING, scheduleOf } from "./rig/play-schedule.ts";
import { Session } from "./rig/session.ts";

const COUNT = Number(process.env.UDEVNS_CHAOS_SCHEDULES ?? 12);
const FIRST = Number(process.env.UDEVNS_TEST_SEED ?? 1);
const seeds = Array.from({ length: COUNT }, (_, index) => FIRST + index);
const SCHEDULE_MS = 300_000;

const session = new Session();
afterAll(() => session.close());

test.each(fixed)("as when $fault", ({ schedule }) => session.play([SETTING, ...schedule]), SCHEDULE_MS);

test.each(seeds)("schedule %i", (seed) => session.play(scheduleOf(seed)), SCHEDULE_MS);

// Where capture's socket overflows, nobody can tell a container of each change: it must still have, and know that it has, what it shall.
describe("with a socket that holds a few events alone", () => {
  const tight = new Session({ tight: true });
  afterAll(() => tight.close());

  test.each(seeds.filter((_, index) => index % 4 === 0))(
    "schedule %i",
    (seed) => tight.play(scheduleOf(seed)),
    SCHEDULE_MS,
  );
});
