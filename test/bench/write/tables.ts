import type { Step } from "../parts/growth.ts";
import type { PathFigures } from "../paths/path.ts";
import type { Figures, Report } from "../report.ts";
import { sum } from "../targets.ts";

type Complete = Required<Figures>;

/** What docs/performance.md shows of a run, of the parts that it had. */
export function tables({ machine, seconds, figures, targets }: Report): string {
  const { cpu, cores, kernel, node, othersBusy } = machine;
  const { paths, start, storm, trigger, growth } = figures;
  return [
    `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}; one run of ${Math.round(seconds)} s; other ` +
      `programs used ${othersBusy[0]} % of the cores before it and ${othersBusy[1]} % after.`,
    "### Aims",
    table(
      ["", "aim", "measured", ""],
      targets.map(({ what, target, value, met }) => [
        what,
        target,
        value,
        met === undefined ? "" : met ? "met" : "**not met**",
      ]),
    ),
    ...(paths === undefined
      ? []
      : [
          "### One event, and a burst",
          pathsTable(paths),
          "![from the kernel's send to the container](performance/paths.svg)",
        ]),
    ...(storm === undefined || start === undefined
      ? []
      : ["### Storm and rest, by process", storyOfStorm(storm), processTable(storm, start)]),
    ...(trigger === undefined ? [] : ["### A large tree", storyOfTrigger(trigger)]),
    ...(growth === undefined
      ? []
      : [
          "### Growth",
          growthTable([...growth.containers, ...growth.rules]),
          "![cost among more containers and rules](performance/growth.svg)",
        ]),
  ].join("\n\n");
}

function pathsTable({ kernel, forwarder, udevns, lxd }: Complete["paths"]): string {
  const row = (name: string, { event, node, burst, plugBurst }: PathFigures) => [
    name,
    `${count(event.median)} µs`,
    count(event.p90),
    count(event.p99),
    node === undefined ? "–" : `${count(node.median)} µs`,
    burst === undefined ? "–" : `${count(burst.eventsPerSecond)}/s, ${lost(burst)} lost`,
    `${count(plugBurst.eventsPerSecond)}/s, ${lost(plugBurst)} lost`,
  ];
  return table(
    ["", "event median", "p90", "p99", "node median", "burst of `change`", "burst of `remove`, `add`"],
    [
      row("kernel", kernel),
      row("forwarder", forwarder),
      row("udevns", udevns),
      ...(lxd === undefined ? [] : [row("LXD", lxd)]),
    ],
  );
}

const lost = ({ lost: number, sent }: { lost: number; sent: number }): string =>
  number === 0 ? "none" : `${Math.round((number * 1000) / sent) / 10} %`;

const storyOfStorm = (storm: Complete["storm"]): string =>
  `Storm: ${count(storm.sent)} events, sent in ${count(storm.sendMs)} ms, for ${storm.containers} containers with a device each: ` +
  `${count(storm.deliveriesPerSecond)} deliveries a second, ${storm.lost} lost, ${storm.twice} twice, ${storm.outOfOrder} out of ` +
  `order, ${storm.strangers} heard by another container.`;

function processTable(storm: Complete["storm"], start: Complete["start"]): string {
  const names = Object.keys(storm.cpu);
  return table(
    ["", "CPU for an event of the storm", "highest memory in the storm", "idle CPU", "memory at rest"],
    names.map((name) => [
      name,
      `${count(storm.cpu[name] ?? 0)} µs`,
      `${storm.peakMiB[name]} MiB`,
      `${start.idle.cpuPercent[name]} %`,
      `${start.rssMiB[name]} MiB`,
    ]),
  );
}

function storyOfTrigger({ devices, tree, plug, trigger }: Complete["trigger"]): string {
  const most = Object.entries(tree).slice(0, 5);
  const rest = devices - sum(Object.fromEntries(most));
  const kinds = [...most.map(([name, number]) => `${number} ${name}`), `${rest} others`].join(", ");
  return (
    `${count(devices)} devices (${kinds}). ${count(plug.events)} of them plugged in within ${count(plug.sayMs)} ms were all ` +
    `known ${count(plug.settledMs)} ms after the first. Every \`uevent\` file written within ${count(trigger.sayMs)} ms, with ` +
    `${count(trigger.differedBefore)} devices changed before without a word of the kernel's: ${count(trigger.settledMs)} ms after the ` +
    `first the bucket and a fresh scan of \`/sys\` differ in ${trigger.differAfter}.`
  );
}

const growthTable = (steps: readonly Step[]): string =>
  table(
    [
      "containers",
      "rules",
      "`change`",
      "`remove`",
      "`add`",
      "CPU for a `change`",
      "of it policy",
      "burst",
      "memory of policy",
    ],
    steps.map(({ containers, rules, change, remove, add, cpu, burst, rssMiB }) => [
      count(containers),
      count(rules),
      `${count(change.median)} µs`,
      `${count(remove.median)} µs`,
      `${count(add.median)} µs`,
      `${count(sum(cpu))} µs`,
      `${count(cpu.policy ?? 0)} µs`,
      `${count(burst.deliveriesPerSecond)}/s, ${burst.lost} lost`,
      `${rssMiB.policy} MiB`,
    ]),
  );

const count = (value: number): string => Math.round(value).toLocaleString("en");

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
