import type { Step } from "./parts/growth.ts";
import type { Figures } from "./report.ts";

/** What was aimed at, and what came of it. */
export interface Verdict {
  readonly what: string;
  readonly target: string;
  readonly value: string;
  /** Undefined where nothing was aimed at. */
  readonly met?: boolean;
}

/** Only of the parts that were run. */
export function judge({ paths, storm, trigger, start, growth }: Figures): Verdict[] {
  return [
    ...(paths === undefined ? [] : ofPaths(paths)),
    ...(storm === undefined ? [] : ofStorm(storm)),
    ...(trigger === undefined ? [] : ofTrigger(trigger)),
    ...(start === undefined ? [] : ofStart(start)),
    ...(growth === undefined ? [] : ofGrowth(growth)),
  ];
}

function ofPaths({ udevns, forwarder, kernel, lxd }: NonNullable<Figures["paths"]>): Verdict[] {
  const ratio = (a: number, b: number) => `${(a / b).toFixed(1)} ×`;
  return [
    atMost("event in the container, median", udevns.event.median, 800, "µs"),
    atMost("event in the container, 99th percentile", udevns.event.p99, 4_000, "µs"),
    ...(udevns.node === undefined ? [] : [atMost("node usable, median", udevns.node.median, 800, "µs")]),
    {
      what: "udevns / bare forwarder, event median",
      target: "–",
      value: ratio(udevns.event.median, forwarder.event.median),
    },
    {
      what: "udevns / kernel's broadcast, event median",
      target: "–",
      value: ratio(udevns.event.median, kernel.event.median),
    },
    ...(lxd === undefined
      ? []
      : [
          atLeast("LXD / udevns, event median", round(lxd.event.median / udevns.event.median), 15, "×"),
          atLeast(
            "udevns / LXD, remove and add a second in a burst",
            round(udevns.plugBurst.eventsPerSecond / Math.max(1, lxd.plugBurst.eventsPerSecond)),
            15,
            "×",
          ),
        ]),
  ];
}

const ofStorm = (figures: NonNullable<Figures["storm"]>): Verdict[] => [
  atMost("storm: lost", figures.lost, 0, ""),
  atMost("storm: delivered twice", figures.twice, 0, ""),
  atMost("storm: out of order for their device", figures.outOfOrder, 0, ""),
  atMost("storm: heard by another container", figures.strangers, 0, ""),
  atLeast("storm: deliveries a second", figures.deliveriesPerSecond, 3_000, "/s"),
];

const ofTrigger = ({ trigger }: NonNullable<Figures["trigger"]>): Verdict[] => [
  atMost(`trigger of ${trigger.events} devices: settled`, trigger.settledMs, 2_000, "ms"),
  atMost("trigger: differences from a fresh scan", trigger.differAfter, 0, ""),
];

const ofStart = ({ readyMs, idle }: NonNullable<Figures["start"]>): Verdict[] => [
  atMost("cold start until all are ready, median", readyMs.median, 3_000, "ms"),
  atMost("idle CPU, all processes", round(sum(idle.cpuPercent)), 1, "%"),
];

/** Flat, or nearly: what is a hundred times more may cost half as much again. */
const GROWTH = 1.5;

function ofGrowth({ rules, containers }: NonNullable<Figures["growth"]>): Verdict[] {
  const verdicts = (steps: readonly Step[], of: string) => {
    const [first, last] = [steps[0], steps.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [
      ...(["change", "remove", "add"] as const).map((action) =>
        atMost(`growth with ${of}: \`${action}\``, round(last[action].median / first[action].median), GROWTH, "×"),
      ),
      atMost(`growth with ${of}: CPU for an event`, round(sum(last.cpu) / sum(first.cpu)), GROWTH, "×"),
    ];
  };
  return [...verdicts(rules, "rules"), ...verdicts(containers, "containers")];
}

const atMost = (what: string, value: number, most: number, unit: string): Verdict => ({
  what,
  target: unit === "" ? String(most) : `≤ ${most} ${unit}`,
  value: `${value} ${unit}`.trim(),
  met: value <= most,
});

const atLeast = (what: string, value: number, least: number, unit: string): Verdict => ({
  what,
  target: `≥ ${least} ${unit}`,
  value: `${value} ${unit}`,
  met: value >= least,
});

export const sum = (values: Readonly<Record<string, number>>): number =>
  Object.values(values).reduce((a, b) => a + b, 0);
const round = (value: number): number => Math.round(value * 100) / 100;
