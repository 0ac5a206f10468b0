import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Bus, parseJson, tap } from "@udevns/bus";
import { checked, type ServiceRole, ServiceStatus, subjects } from "@udevns/protocol";
import { until } from "./until.ts";

/** One service process, as a container or a systemd unit would run it. */
export interface ServiceProcess {
  readonly role: ServiceRole;
  readonly pid: number;
  log(): string;
  running(): boolean;
  /** Resolves with its exit code, null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** kill -9 */
  kill(): Promise<void>;
  /** TERM, and waits for its end. */
  stop(): Promise<void>;
}

/** @param wrap a command that runs it without a child of its own, like nsenter(1) */
export function startService(role: ServiceRole, env: NodeJS.ProcessEnv, wrap: readonly string[] = []): ServiceProcess {
  const main = fileURLToPath(new URL(`../../services/${role}/src/main.ts`, import.meta.url));
  const [command = "", ...args] = [...wrap, process.execPath, "--import", "tsx", main];
  const child = spawn(command, args, {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (log += data));
  return {
    role,
    pid: child.pid as number,
    log: () => log,
    running: () => child.exitCode === null && child.signalCode === null,
    exited: once(child, "close").then(([code]) => code as number | null),
    kill: () => end(child, "SIGKILL"),
    stop: () => end(child, "SIGTERM"),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

/** Waits until those processes say that they are ready. */
export async function allReady(bus: Bus, services: readonly ServiceProcess[]): Promise<void> {
  const ready = new Set<number>();
  const stop = tap(bus, subjects.statuses(), (subject, data) => {
    const status = checked(ServiceStatus, parseJson(data, subject), subject);
    if (status.ready) ready.add(status.pid);
  });
  const waiting = () => services.filter(({ pid }) => !ready.has(pid));
  await until(() => waiting().length === 0, "services to be ready").catch((error: Error) => {
    throw new Error(
      `${error.message}\n${waiting()
        .map((each) => `${each.role}: ${each.log()}`)
        .join("\n")}`,
    );
  });
  stop();
}
