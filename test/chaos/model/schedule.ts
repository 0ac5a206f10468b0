import type { Random } from "../../support/random.ts";
import { type Action, containers, type Round, type Schedule, victims } from "./action.ts";
import { after, DEVICES, isPossible, PARTITION, type World } from "./world.ts";

const ROUNDS = 3;
const MOST_ACTIONS = 16;
const POLICIES = 12;
const DAY = 86_400;
const clocks = [-365 * DAY, -60, 0, 60, DAY];
/** One round of so many is the loss of the server's store, with everything else at rest. */
const LOSS_EVERY = 20;

type Make = (random: Random) => Action;

const device = (random: Random): number => 1 + random.upTo(DEVICES - 2);

/** As often as each stands here. */
const kinds: readonly (readonly [number, Make])[] = [
  [5, (random) => ({ kind: "plug", device: device(random) })],
  [3, (random) => ({ kind: "unplug", device: device(random) })],
  [2, (random) => ({ kind: "replug", device: device(random) })],
  [2, () => ({ kind: "renumber", device: PARTITION })],
  [6, (random) => ({ kind: "change", device: device(random) })],
  [1, (random) => ({ kind: "policy", number: random.upTo(POLICIES) })],
  [1, (random) => ({ kind: "claim", device: device(random), container: random.of(containers) })],
  [1, (random) => ({ kind: "release", device: device(random) })],
  [1, (random) => ({ kind: "start", container: random.of(containers) })],
  [1, (random) => ({ kind: "stop", container: random.of(containers) })],
  [1, (random) => ({ kind: "deafen", container: random.of(containers) })],
  [1, (random) => ({ kind: "pause", container: random.of(containers) })],
  [1, (random) => ({ kind: "resume", container: random.of(containers) })],
  [2, (random) => ({ kind: "kill", victim: random.of(victims) })],
  [1, (random) => ({ kind: "freeze", victim: random.of(victims) })],
  [1, (random) => ({ kind: "thaw", victim: random.of(victims) })],
  [1, (random) => ({ kind: "clock", seconds: random.of(clocks) })],
  [3, (random) => ({ kind: "wait", ms: random.upTo(40) })],
];
const bag = kinds.flatMap(([weight, make]) => Array<Make>(weight).fill(make));

/** A schedule in which each action is possible when its turn comes. */
export function randomSchedule(random: Random, start: World): Schedule {
  let world = start;
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const actions: Action[] = random.upTo(LOSS_EVERY - 1) === 0 ? [{ kind: "lose" }] : [];
    world = actions.reduce(after, world);
    for (let left = actions.length > 0 ? 0 : 1 + random.upTo(MOST_ACTIONS); left > 0; left -= 1) {
      const action = random.of(bag)(random);
      if (!isPossible(world, action)) continue;
      world = after(world, action);
      actions.push(action);
    }
    rounds.push(actions);
  }
  return rounds;
}
