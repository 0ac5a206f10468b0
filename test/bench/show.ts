import type { PathFigures } from "./path.ts";

interface Report {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly kernel: string; readonly node: string };
  readonly rounds: number;
  readonly burst: number;
  readonly paths: Readonly<Record<string, PathFigures>>;
  readonly ratios: Readonly<Record<string, number>>;
}

/** The report for people. */
export function showFigures({ machine, rounds, burst, paths, ratios }: Report): string {
  const rows = Object.entries(paths).flatMap(([name, { event, node, burst: storm, extras }]) => [
    `${name}`,
    `  event   median ${event.median}  p90 ${event.p90}  p99 ${event.p99}  max ${event.max} µs`,
    ...(node === undefined
      ? []
      : [`  node    median ${node.median}  p90 ${node.p90}  p99 ${node.p99}  max ${node.max} µs`]),
    `  burst   ${storm.eventsPerSecond} events/s, lost ${storm.lost}, out of order ${storm.outOfOrder}, last after ${storm.lastAfterMs} ms`,
    ...(extras === undefined ? [] : [`  ${JSON.stringify(extras)}`]),
  ]);
  const head = `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}; ${rounds} rounds, burst of ${burst}`;
  return `${[head, "", ...rows, "", ...Object.entries(ratios).map(([name, ratio]) => `${name}: ${ratio.toFixed(2)}`)].join("\n")}\n`;
}
