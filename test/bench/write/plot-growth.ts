import type { GrowthFigures, Step } from "../parts/growth.ts";
import { sum } from "../targets.ts";
import { colours, decades, dot, GRID, line, logScale, polyline, svg, text } from "./svg.ts";

const PANEL = 340;
const HEIGHT = 300;
const LEFT = 60;
const TOP = 50;
const BOTTOM = HEIGHT - 60;

interface Line {
  readonly name: string;
  readonly value: (step: Step) => number;
}

const lines: readonly Line[] = [
  { name: "change", value: ({ change }) => change.median },
  { name: "remove", value: ({ remove }) => remove.median },
  { name: "add", value: ({ add }) => add.median },
  { name: "CPU for a change", value: ({ cpu }) => sum(cpu) },
];

/** What an event takes and costs among more containers and more rules, µs; flat is good. */
export function plotGrowth({ containers, rules }: GrowthFigures): string {
  const ticks = decades([...containers, ...rules].flatMap((step) => lines.map(({ value }) => value(step))));
  return svg(2 * PANEL + 40, HEIGHT, "Cost of an event among more containers and rules", [
    ...panel(0, "containers", containers, (step) => step.containers, ticks),
    ...panel(PANEL + 20, "rules", rules, (step) => step.rules, ticks),
    ...lines.flatMap(({ name }, index) => {
      const x = LEFT + index * 160;
      return [line(x, HEIGHT - 12, x + 20, HEIGHT - 12, colours[index] as string, 3), text(x + 26, HEIGHT - 8, name)];
    }),
  ]);
}

function panel(
  left: number,
  of: string,
  steps: readonly Step[],
  count: (step: Step) => number,
  ticks: number[],
): string[] {
  const counts = steps.map(count);
  const x = logScale([Math.min(...counts), Math.max(...counts)], [left + LEFT + 10, left + PANEL - 10]);
  const y = logScale([ticks[0] as number, ticks.at(-1) as number], [BOTTOM, TOP]);
  return [
    text(left + LEFT, 28, `median µs among ${of}`),
    ...ticks.flatMap((tick) => [
      line(left + LEFT, y(tick), left + PANEL, y(tick), GRID),
      text(left + LEFT - 8, y(tick) + 4, tick.toLocaleString("en"), "end"),
    ]),
    ...counts.map((number) => text(x(number), BOTTOM + 18, number.toLocaleString("en"), "middle")),
    ...lines.flatMap(({ value }, index) => {
      const colour = colours[index] as string;
      const points = steps.map((step) => [x(count(step)), y(value(step))] as const);
      return [polyline(points, colour, index === 3), ...points.map(([px, py]) => dot(px, py, colour))];
    }),
  ];
}
