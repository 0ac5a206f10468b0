import { expect, test } from "@jest/globals";
import { type LeaseStep, type LeaseView, leaseStep, leaseTimes } from "../src/lease-step.ts";

const NOW = 100_000;
const { expire, stagger, settle } = leaseTimes;
const base: LeaseView = {
  now: NOW,
  me: "r1",
  rank: 0,
  rankedAt: 0,
  lease: undefined,
  freeSince: NOW,
  held: undefined,
};
const others = (silentFor: number) => ({ holder: "r2", revision: 7, aliveAt: NOW - silentFor });

test.each<[string, Partial<LeaseView>, LeaseStep]>([
  ["the best takes a free lease at once", {}, { kind: "acquire", revision: 0 }],
  ["the second-best gives the best time", { rank: 1 }, { kind: "wait" }],
  ["… and takes it when that does not", { rank: 1, freeSince: NOW - stagger }, { kind: "acquire", revision: 0 }],
  ["a living holder is left alone", { lease: others(expire - 1) }, { kind: "wait" }],
  [
    "a silent one is followed, at the revision that was read",
    { lease: others(expire) },
    { kind: "acquire", revision: 7 },
  ],
  ["… by the second-best later", { rank: 1, lease: others(expire) }, { kind: "wait" }],
  [
    "what an earlier life of this replica had is taken up again at once",
    { rank: 5, lease: { holder: "r1", revision: 7, aliveAt: NOW } },
    { kind: "acquire", revision: 7 },
  ],
  ["a holder keeps it", { held: 7 }, { kind: "wait" }],
  ["… also while its own write comes back", { held: 7, lease: { ...others(0), holder: "r1" } }, { kind: "wait" }],
  ["… until another wrote after it", { held: 6, lease: others(0) }, { kind: "lost" }],
  ["… but not for what was there before it", { held: 8, lease: others(0) }, { kind: "wait" }],
  ["a better-placed replica has to last", { held: 7, rank: 1, rankedAt: NOW - settle + 1 }, { kind: "wait" }],
  ["… and then gets the host", { held: 7, rank: 1, rankedAt: NOW - settle }, { kind: "hand over", revision: 7 }],
])("%s", (_, view, step) => expect(leaseStep({ ...base, ...view })).toEqual(step));
