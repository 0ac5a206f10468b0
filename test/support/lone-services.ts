import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bus, connectBus, parseJson, provision, tap } from "@udevns/bus";
import { checked, type ServiceRole, ServiceStatus, subjects } from "@udevns/protocol";
import { startNatsServer } from "./nats-server.ts";
import { cleanUp } from "./stack.ts";
import { until } from "./until.ts";

/** One service, started alone beside a nats-server that is nobody's child. */
export interface LoneServices {
  readonly host: string;
  readonly bus: Bus;
  readonly runDir: string;
  /** Starts a service; resolves when it is ready. */
  start(role: ServiceRole, options?: { env?: NodeJS.ProcessEnv; wrap?: readonly string[] }): Promise<LoneService>;
  status(role: ServiceRole): ServiceStatus | undefined;
  stop(): Promise<void>;
}

export interface LoneService {
  readonly pid: number;
  log(): string;
  /** TERM. @returns its exit code */
  stop(): Promise<number | null>;
}

let hosts = 0;

/** @param hostBytes what the host's logs may take */
export async function startBusForServices(env: NodeJS.ProcessEnv = {}, hostBytes?: number): Promise<LoneServices> {
  const host = `lone-${process.pid}-${hosts++}`;
  const directory = mkdtempSync(join(tmpdir(), "udevns-lone-"));
  const server = await startNatsServer();
  const bus = await connectBus({ url: server.url, name: "test", wait: true });
  await provision(bus, { hosts: [host], replicas: 1, hostBytes });
  const statuses = new Map<string, ServiceStatus>();
  tap(bus, subjects.statuses(host), (subject, data) => {
    const status = checked(ServiceStatus, parseJson(data, subject), subject);
    statuses.set(status.role, status);
  });
  const services: LoneService[] = [];
  const base = { ...process.env, NODE_OPTIONS: "", UDEVNS_HOST: host, NATS_URL: server.url, ...env };
  const runDir = join(directory, "run");
  return {
    host,
    bus,
    runDir,
    start: async (role, { env: more = {}, wrap = [] } = {}) => {
      const main = fileURLToPath(new URL(`../../services/${role}/src/main.ts`, import.meta.url));
      const [command = "", ...args] = [...wrap, process.execPath, "--import", "tsx", main];
      const dirs = { UDEVNS_RUN_DIR: runDir, UDEVNS_STATE_DIR: join(directory, "state") };
      const child = spawn(command, args, { env: { ...base, ...dirs, ...more }, stdio: ["ignore", "pipe", "pipe"] });
      const service = watch(child);
      services.push(service);
      const isReady = () => statuses.get(role)?.pid === child.pid && statuses.get(role)?.ready === true;
      await until(() => isReady() || service.hasEnded(), `${role} to be ready`);
      if (service.hasEnded()) throw new Error(`${role} ended with ${child.exitCode}:\n${service.log()}`);
      return service;
    },
    status: (role) => statuses.get(role),
    stop: async () => {
      for (const service of services) await service.stop();
      await bus.close();
      await server.close();
      await cleanUp(runDir);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function watch(child: ChildProcess): LoneService & { hasEnded(): boolean } {
  let log = "";
  let ended = false;
  // Its end is known before the last that it has said.
  child.once("close", () => {
    ended = true;
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (log += data));
  return {
    pid: child.pid as number,
    log: () => log,
    hasEnded: () => ended,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      return ((await gone) as [number | null])[0];
    },
  };
}
