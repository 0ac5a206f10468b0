import { readFileSync } from "node:fs";
import { serviceRoles } from "@udevns/protocol";
import type { Stack } from "../support/stack.ts";

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
export function processesOf(stack: Stack): Record<string, number> {
  const pids = serviceRoles.map((role) => [role, stack.status(role)?.pid] as const);
  const found = [...pids, ["nats-server", stack.natsPid()] as const].filter(([, pid]) => pid !== undefined);
  return Object.fromEntries(found) as Record<string, number>;
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
