import type { Step } from "./parts/growth.ts";
import type { Burst, PathFigures } from "./paths/path.ts";
import type { Figures, Report } from "./report.ts";
import type { Distribution } from "./statistics.ts";
import { sum, type Verdict } from "./targets.ts";

/** The report for people. */
export function showReport({ machine, seconds, figures, targets }: Report): string {
  const { paths, start, storm, trigger, growth } = figures;
  return [
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}; took ${seconds} s; others used ${machine.othersBusy.join(" % before, ")} % after`,
    ...(paths === undefined ? [] : showPaths(paths)),
    ...(start === undefined ? [] : showStart(start)),
    ...(storm === undefined ? [] : showStorm(storm)),
    ...(trigger === undefined ? [] : showTrigger(trigger)),
    ...(growth === undefined ? [] : showGrowth(growth)),
    "\n# targets",
    ...targets.map(showVerdict),
    "",
  ].join("\n");
}

function showPaths({ rounds, kernel, forwarder, udevns, lxd }: NonNullable<Figures["paths"]>): string[] {
  const all = { kernel, forwarder, udevns, ...(lxd === undefined ? {} : { lxd }) };
  return [`\n# paths, ${rounds} rounds`, ...Object.entries(all).flatMap(([name, figures]) => showPath(name, figures))];
}

const showPath = (name: string, { event, node, burst, plugBurst }: PathFigures): string[] => [
  name,
  `  event           ${showTimes(event)}`,
  ...(node === undefined ? [] : [`  node            ${showTimes(node)}`]),
  ...(burst === undefined ? [] : [`  change          ${showBurst(burst)}`]),
  `  remove and add  ${showBurst(plugBurst)}`,
];

const showTimes = ({ median, p90, p99, max }: Distribution): string =>
  `median ${median}  p90 ${p90}  p99 ${p99}  max ${max} µs`;

const showBurst = ({ sent, eventsPerSecond, lost, outOfOrder, lastAfterMs }: Burst): string =>
  `${sent} at ${eventsPerSecond}/s, lost ${lost}, out of order ${outOfOrder}, last after ${lastAfterMs} ms`;

const showStart = ({ readyMs, idle, rssMiB }: NonNullable<Figures["start"]>): string[] => [
  "\n# cold start",
  `  ready after     median ${readyMs.median}  max ${readyMs.max} ms of ${readyMs.n}`,
  `  idle CPU %      ${showEach(idle.cpuPercent)}`,
  `  resident MiB    ${showEach(rssMiB)}`,
];

const showStorm = (storm: NonNullable<Figures["storm"]>): string[] => [
  `\n# storm, ${storm.sent} events for ${storm.containers} containers, sent in ${Math.round(storm.sendMs)} ms`,
  `  delivered       ${storm.deliveriesPerSecond}/s, last after ${Math.round(storm.lastAfterMs)} ms`,
  `  lost ${storm.lost}, twice ${storm.twice}, out of order ${storm.outOfOrder}, heard by others ${storm.strangers}`,
  `  CPU µs an event ${showEach(storm.cpu)}`,
  `  highest MiB     ${showEach(storm.peakMiB)}`,
  ...(Object.keys(storm.trouble).length === 0 ? [] : [`  trouble         ${showEach(storm.trouble)}`]),
];

function showTrigger({ devices, tree, plug, trigger, cpu, rssMiB }: NonNullable<Figures["trigger"]>): string[] {
  const settling = ({ events, sayMs, settledMs, differedBefore, differAfter }: typeof plug) =>
    `${events} events said in ${sayMs} ms, settled after ${settledMs} ms; differences ${differedBefore} before, ${differAfter} then`;
  return [
    `\n# trigger, a tree of ${devices} devices (${showEach(tree)})`,
    `  plugged         ${settling(plug)}`,
    `  triggered       ${settling(trigger)}`,
    `  CPU µs an event ${showEach(cpu)}`,
    `  resident MiB    ${showEach(rssMiB)}`,
  ];
}

function showGrowth({ rules, containers }: NonNullable<Figures["growth"]>): string[] {
  const show = ({ containers: count, rules: ruleCount, change, remove, add, burst, cpu, rssMiB }: Step) =>
    `  ${count} containers, ${ruleCount} rules: median µs change ${change.median}, remove ${remove.median}, add ${add.median}; ${burst.deliveriesPerSecond}/s; ` +
    `CPU µs an event ${sum(cpu)} (${showEach(cpu)}); MiB ${showEach(rssMiB)}`;
  return ["\n# growth", ...rules.map(show), ...containers.map(show)];
}

const showVerdict = ({ what, target, value, met }: Verdict): string =>
  `  ${met === false ? "NOT" : "   "} ${what}: ${value} (${target})`;

const showEach = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
