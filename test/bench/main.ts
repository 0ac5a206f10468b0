import { cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { benchPath, type PathFigures } from "./path.ts";
import { forwarderPath } from "./path-forwarder.ts";
import { kernelPath } from "./path-kernel.ts";
import { udevnsPath } from "./path-udevns.ts";
import { profile } from "./profile/profile.ts";
import { showProfile } from "./profile/show-profile.ts";
import { showFigures } from "./show.ts";

const { values } = parseArgs({
  options: {
    /** Sizes of the runs; smaller ones only to try the benchmark itself. */
    rounds: { type: "string", default: "500" },
    burst: { type: "string", default: "2000" },
    json: { type: "boolean", default: false },
    /** Where the time goes, service by service, instead of how much of it. */
    profile: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const burst = Number(values.burst);
const print = <T>(report: T, show: (report: T) => string) =>
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : show(report));

if (values.profile) print(await profile({ rounds, burst }), showProfile);
else print(await bench(), showFigures);

async function bench() {
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
  return {
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
}
