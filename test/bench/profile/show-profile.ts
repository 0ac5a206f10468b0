import type { LoadProfile, ProcessProfile } from "./profile.ts";
import type { SelfTime } from "./self-time.ts";

const FUNCTIONS = 15;
const MODULES = 10;

/** For people. Times of processes are µs of CPU for one event. */
export function showProfile(loads: Readonly<Record<string, LoadProfile>>): string {
  return Object.entries(loads)
    .map(([name, load]) => `# ${name}: ${load.events} events\n\n${showHops(load)}\n${showProcesses(load)}`)
    .join("\n");
}

const showHops = ({ hops }: LoadProfile): string =>
  Object.entries(hops)
    .map(([step, { median, p90, p99 }]) => `  ${step.padEnd(20)} median ${median}  p90 ${p90}  p99 ${p99} µs\n`)
    .join("");

function showProcesses({ events, processes }: LoadProfile): string {
  const micros = (ms: number) => String(Math.round((ms * 1000) / events)).padStart(6);
  const head = Object.entries(processes).map(
    ([name, { cpu }]) =>
      `  ${name.padEnd(12)}${micros(cpu.all)} µs an event, of it JavaScript's thread ${micros(cpu.main)}\n`,
  );
  const bodies = Object.entries(processes).map(([name, { selfTimes }]) =>
    selfTimes === undefined ? "" : `\n## ${name}\n\n${showSelf(selfTimes, micros)}`,
  );
  return [...head, ...bodies].join("");
}

function showSelf(
  { functions, modules }: NonNullable<ProcessProfile["selfTimes"]>,
  micros: (ms: number) => string,
): string {
  const rows = (times: readonly SelfTime[], most: number) =>
    times.slice(0, most).map(({ name, ms }) => `  ${micros(ms)}  ${name}\n`);
  return [...rows(modules, MODULES), "\n", ...rows(functions, FUNCTIONS)].join("");
}
