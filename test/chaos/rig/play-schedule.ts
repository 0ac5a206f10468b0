import { seededRandom } from "../../support/random.ts";
import { inWords, type Round, type Schedule } from "../model/action.ts";
import { randomSchedule } from "../model/schedule.ts";
import { after, emptyWorld } from "../model/world.ts";
import { historyOf } from "../support/history.ts";
import type { Host } from "./host.ts";
import { playRound } from "./play.ts";

/** Everybody is there, and the device whose events come behind all others. */
export const SETTING: Round = [
  { kind: "plug", device: 0 },
  { kind: "start", container: "plain" },
  { kind: "start", container: "userns" },
  { kind: "start", container: "udevless" },
];

export const scheduleOf = (seed: number): Schedule => [
  SETTING,
  ...randomSchedule(seededRandom(seed), SETTING.reduce(after, emptyWorld)),
];

/** Plays all rounds of a schedule. @throws with all that is known, when a round does not end as it should */
export async function playSchedule(on: Host, schedule: Schedule): Promise<void> {
  let world = emptyWorld;
  for (const [number, round] of schedule.entries()) {
    try {
      world = await playRound(on, world, round);
    } catch (error) {
      throw new Error(await explain(on, schedule, number, error as Error));
    }
  }
}

async function explain(on: Host, schedule: Schedule, failed: number, { message }: Error): Promise<string> {
  const rounds = schedule.map((round, number) => `${number === failed ? ">" : " "} ${round.map(inWords).join("; ")}`);
  const devices = new Set([...message.matchAll(/device (\d+)/g)].map(([, device]) => Number(device)));
  const { bus, host: name } = on.stack;
  const histories = await Promise.all([...devices].map((device) => historyOf(bus, name, on.devpath(device))));
  return [message, ...rounds, ...histories, on.stack.log()].join("\n");
}
