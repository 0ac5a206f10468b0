import type { PathsFigures } from "../parts/paths.ts";
import type { Distribution } from "../statistics.ts";
import { colours, decades, dot, GRID, line, logScale, svg, text } from "./svg.ts";

const WIDTH = 720;
const LEFT = 130;
const RIGHT = 30;
const ROW = 34;
const TOP = 40;

/** How long an event takes on each way: from the quickest to the 99th percentile, with the median as a dot. */
export function plotPaths({ kernel, forwarder, udevns, lxd }: PathsFigures): string {
  const rows: readonly (readonly [string, Distribution | undefined])[] = [
    ["kernel", kernel.event],
    ["bare forwarder", forwarder.event],
    ["udevns: event", udevns.event],
    ["udevns: node", udevns.node],
    ["LXD: event", lxd?.event],
    ["LXD: node", lxd?.node],
  ];
  const shown = rows.filter((row): row is readonly [string, Distribution] => row[1] !== undefined);
  const ticks = decades(shown.flatMap(([, { min, p99 }]) => [min, p99]));
  const bottom = TOP + shown.length * ROW;
  const x = logScale([ticks[0] as number, ticks.at(-1) as number], [LEFT, WIDTH - RIGHT]);
  return svg(WIDTH, bottom + 40, "Time from the kernel's send to the container", [
    text(LEFT, 22, "from the kernel's send to the container: quickest, median (dot), 99th percentile"),
    ...ticks.flatMap((tick) => [
      line(x(tick), TOP, x(tick), bottom, GRID),
      text(x(tick), bottom + 18, inUnits(tick), "middle"),
    ]),
    ...shown.flatMap(([name, { min, median, p99 }], index) => {
      const y = TOP + (index + 0.5) * ROW;
      const colour = name.startsWith("udevns") ? colours[0] : name.startsWith("LXD") ? colours[1] : "#777";
      return [
        text(LEFT - 10, y + 4, name, "end"),
        line(x(min), y, x(p99), y, colour, 6),
        dot(x(median), y, "#222"),
        text(x(median), y - 8, inUnits(median), "middle"),
      ];
    }),
  ]);
}

const inUnits = (micros: number): string =>
  micros >= 1_000 ? `${Math.round(micros / 100) / 10} ms` : `${Math.round(micros)} µs`;
