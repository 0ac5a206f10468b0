import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../support/until.ts";
import { oneBurst, oneRound } from "../paths/path.ts";
import { udevnsPath } from "../paths/udevns.ts";
import { type CpuTime, processesOf, watchCpu } from "../processes.ts";
import type { Distribution } from "../statistics.ts";
import { watchHops } from "./hop-times.ts";
import { type CpuProfile, type SelfTimes, selfTimes } from "./self-time.ts";

/** Where the time of one kind of load goes. */
export interface LoadProfile {
  readonly events: number;
  readonly hops: Readonly<Record<string, Distribution>>;
  readonly processes: Readonly<Record<string, ProcessProfile>>;
}

export interface ProcessProfile {
  readonly cpu: CpuTime;
  /** Of the thread that runs JavaScript; nats-server has none. */
  readonly selfTimes?: SelfTimes;
}

const HOOK = new URL("./hook.js", import.meta.url).href;

/** Profiles the services, one event at a time and in a burst. The profiler itself slows them down by a tenth or so. */
export async function profile({
  rounds,
  burst,
}: {
  rounds: number;
  burst: number;
}): Promise<Record<string, LoadProfile>> {
  const directory = mkdtempSync(join(tmpdir(), "udevns-profile-"));
  // By file, and a bundle has few.
  const env = { UDEVNS_BUNDLE: "off", UDEVNS_PROFILE_DIR: directory };
  const path = await udevnsPath({ NODE_OPTIONS: `--import ${HOOK}`, ...env });
  const processes = await processesOf(path.stack);
  let taken = 0;
  const measure = async (events: number, load: () => Promise<unknown>): Promise<LoadProfile> => {
    const hops = await watchHops(path.stack);
    toggle(processes);
    const cpu = watchCpu(processes);
    await load();
    const spent = cpu();
    toggle(processes);
    const file = (pid: number) => join(directory, `${pid}-${taken}.cpuprofile`);
    await until(() => services(processes).every(([, pid]) => existsSync(file(pid))), "the profiles");
    hops.stop();
    const entries = Object.entries(processes).map(([name, pid]): [string, ProcessProfile] => {
      const times = name === "nats-server" ? {} : { selfTimes: selfTimes(readProfile(file(pid))) };
      return [name, { cpu: spent[name] as CpuTime, ...times }];
    });
    taken += 1;
    return { events, hops: hops.figures(), processes: Object.fromEntries(entries) };
  };
  try {
    for (let round = 0; round < 200; round += 1) await oneRound(path);
    const one = await measure(2 * rounds, async () => {
      for (let round = 0; round < rounds; round += 1) await oneRound(path);
    });
    return {
      "remove and add, one at a time": one,
      "change, in a burst": await measure(burst, () => oneBurst(path, ["change"], burst)),
    };
  } finally {
    await path.close();
    rmSync(directory, { recursive: true });
  }
}

const services = (processes: Readonly<Record<string, number>>) =>
  Object.entries(processes).filter(([name]) => name !== "nats-server");

function toggle(processes: Readonly<Record<string, number>>): void {
  for (const [, pid] of services(processes)) process.kill(pid, "SIGUSR2");
}

const readProfile = (file: string): CpuProfile => JSON.parse(readFileSync(file, "utf8"));
