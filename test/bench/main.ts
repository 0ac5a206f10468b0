import { cpus, release } from "node:os";
import { benchPath, type PathFigures } from "./path.ts";
import { forwarderPath } from "./path-forwarder.ts";
import { kernelPath } from "./path-kernel.ts";
import { udevnsPath } from "./path-udevns.ts";
import { showFigures } from "./show.ts";

/** Sizes of the runs; smaller ones only to try the benchmark itself. */
const rounds = numberFlag("--rounds", 500);
const burst = numberFlag("--burst", 2_000);
const json = process.argv.includes("--json");

const figures: Record<string, PathFigures> = {};
for (const [name, open] of Object.entries({ kernel: kernelPath, forwarder: forwarderPath, udevns: udevnsPath })) {
  process.stderr.write(`${name}: ${rounds} one at a time, then a burst of ${burst}\n`);
  const path = await open();
  try {
    figures[name] = await benchPath(path, { rounds, burst });
  } finally {
    await path.close();
  }
}

const { kernel, forwarder, udevns } = figures as Record<"kernel" | "forwarder" | "udevns", PathFigures>;
const report = {
  machine: { cpu: cpus()[0]?.model ?? "", cores: cpus().length, kernel: release(), node: process.version },
  rounds,
  burst,
  paths: { kernel, forwarder, udevns },
  ratios: {
    "udevns / forwarder, event median": udevns.event.median / forwarder.event.median,
    "udevns / kernel, event median": udevns.event.median / kernel.event.median,
    "udevns / forwarder, events per second": udevns.burst.eventsPerSecond / forwarder.burst.eventsPerSecond,
  },
};
process.stdout.write(json ? `${JSON.stringify(report)}\n` : showFigures(report));

function numberFlag(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}
