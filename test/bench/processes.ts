import { readFileSync, writeFileSync } from "node:fs";
import { serviceRoles } from "@udevns/protocol";
import type { Stack } from "../support/stack.ts";
import { until } from "../support/until.ts";

/** Clock ticks a second in /proc/PID/stat; the same on every architecture that Node runs on. */
const TICKS = 100;

/** CPU time used so far, in ms. */
export interface CpuTime {
  /** All threads, those that have ended included. */
  readonly all: number;
  /** The thread that runs JavaScript. */
  readonly main: number;
}

/** The processes that serve one host, by name: the services and their nats-server. */
export async function processesOf(stack: Stack): Promise<Record<string, number>> {
  const known = () => serviceRoles.flatMap((role) => stack.status(role) ?? []);
  await until(() => known().length === serviceRoles.length, "a heartbeat of every service");
  const services = known().map(({ role, pid }) => [role, pid] as const);
  return Object.fromEntries([...services, ["nats-server", stack.natsPid() as number] as const]);
}

export function cpuTime(pid: number): CpuTime {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const all = ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
  const [nanos = "0"] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
  return { all, main: Number(nanos) / 1e6 };
}

/** Of each process, the CPU time that passes until the returned function is called. */
export function watchCpu(processes: Readonly<Record<string, number>>): () => Record<string, CpuTime> {
  const read = () => Object.entries(processes).map(([name, pid]) => [name, cpuTime(pid)] as const);
  const before = Object.fromEntries(read());
  return () =>
    Object.fromEntries(
      read().map(([name, { all, main }]) => {
        const from = before[name] ?? { all: 0, main: 0 };
        return [name, { all: all - from.all, main: main - from.main }];
      }),
    );
}

/** Resident memory now and at its highest since `watchPeaks`, MiB. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mebibytes = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]) / 1024);
  return { now: mebibytes("VmRSS"), peak: mebibytes("VmHWM") };
}

/** From now on the highest is that of what comes (proc(5), clear_refs). */
export function watchPeaks(processes: Readonly<Record<string, number>>): void {
  for (const pid of Object.values(processes)) writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** The same of every process, by name. */
export const ofEach = <T>(values: Readonly<Record<string, number>>, map: (value: number) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));

/** µs of CPU for one of so many events. */
export const microsAnEvent = (cpu: Readonly<Record<string, CpuTime>>, events: number): Record<string, number> =>
  Object.fromEntries(Object.entries(cpu).map(([name, { all }]) => [name, Math.round((all * 1000) / events)]));
