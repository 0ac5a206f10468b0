import { announce, type Bus, connectBus, say } from "@udevns/bus";
import {
  type GateState,
  isUdevnsError,
  type LogPosition,
  type ServiceRole,
  type ServiceStatus,
  subjects,
} from "@udevns/protocol";
import { type Logger, pino } from "pino";
import { bootId } from "./boot.ts";
import { checkCapabilities } from "./capabilities.ts";
import { type BaseConfig, baseConfig, type Environment } from "./config.ts";
import { Counters } from "./counters.ts";
import { serveHttp } from "./http.ts";

const HEARTBEAT_MS = 1_000;
/** systemd and compose kill after ten seconds; so we give up on a clean end before. */
const STOP_LIMIT_MS = 8_000;

/** For whoever asks the bus which services there are. */
const descriptions: Readonly<Record<ServiceRole, string>> = {
  capture: "says what the kernel says",
  inventory: "knows the containers",
  policy: "decides who owns a device",
  devnode: "makes and removes nodes in containers",
  injector: "sends uevents into containers",
};

/** What a service gets from the runtime it lives in. */
export interface ServiceContext {
  readonly role: ServiceRole;
  readonly config: BaseConfig;
  readonly env: Environment;
  readonly host: string;
  readonly boot: string;
  readonly bus: Bus;
  readonly log: Logger;
  readonly counters: Counters;
  /** Says in the heartbeat that the service does its work, or why not. */
  setReady(ready: boolean, note: string): void;
  /** Says in the heartbeat which hosts the service works for. */
  setServes(hosts: readonly string[]): void;
  /** Has the heartbeat say how far the service has come in its log. */
  setPosition(position: () => LogPosition | undefined): void;
  /** Says in the heartbeat how the containers' gates are. */
  setGates(gates: readonly GateState[]): void;
  /** Called in reverse order at the end, before the bus is closed. */
  onStop(stop: () => void | Promise<void>): void;
  /** SIGHUP. */
  onReload(reload: () => void): void;
  /** Ends the process with an error; its supervisor starts another. */
  fail(error: unknown): void;
}

/**
 * Life of a service process: settings, log, bus, heartbeat, signals. TERM and INT end it cleanly (exit 0), a second one at once.
 * An error that `start` throws ends it with the error table's exit code.
 */
export async function runService(
  role: ServiceRole,
  version: string,
  start: (context: ServiceContext) => Promise<void>,
): Promise<void> {
  const startedAt = new Date();
  let log = pino({ name: role });
  try {
    const config = baseConfig(process.env, role);
    log = makeLogger(role, config);
    checkCapabilities(role, process.env);
    const counters = new Counters();
    const bus = await connectBus({
      ...config.bus,
      onMalformed: ({ code, message }) => {
        counters.add("messages_dropped");
        log.error({ code }, message);
      },
      onUnfit: ({ code, message }) => {
        counters.add("messages_unfit");
        log.error({ code }, message);
      },
      // A supervisor tries again; the operator sees why in its exit code and in the log.
      onDenied: (error) => context.fail(error),
    });
    const stops: (() => void | Promise<void>)[] = [];
    const reloads: (() => void)[] = [];
    let state = { ready: false, note: "starting" };
    let serves: Pick<ServiceStatus, "serves"> = {};
    let position: () => LogPosition | undefined = () => undefined;
    let gates: Pick<ServiceStatus, "gates"> = {};
    const end = once(async (code: number) => {
      setTimeout(() => process.exit(code || 1), STOP_LIMIT_MS).unref();
      for (const stop of stops.reverse()) {
        // What cannot be ended in order must not keep the rest from it.
        await Promise.resolve()
          .then(stop)
          .catch((error: unknown) => log.error({ err: error }, "not ended in order"));
      }
      await bus.close();
      process.exit(code);
    });
    const context: ServiceContext = {
      role,
      config,
      env: process.env,
      host: config.host,
      boot: bootId(),
      bus,
      log,
      counters,
      setReady: (ready, note) => {
        if (ready !== state.ready) log.info({ ready }, note);
        state = { ready, note };
        beat();
      },
      setServes: (hosts) => {
        serves = { serves: [...hosts] };
        beat();
      },
      setPosition: (read) => {
        position = read;
      },
      setGates: (states) => {
        gates = { gates: [...states] };
      },
      onStop: (stop) => void stops.push(stop),
      onReload: (reload) => void reloads.push(reload),
      fail: (error) => {
        // The first error is the cause; what fails while the process ends for it is a consequence.
        if (end.called()) return log.warn({ err: error }, "failed while ending");
        logError(log, error);
        void end(exitCode(error));
      },
    };
    const status = (): ServiceStatus => ({
      v: 1,
      host: config.host,
      role,
      pid: process.pid,
      version,
      ...state,
      ...serves,
      ...positioned(position()),
      ...gates,
      startedAt: startedAt.toISOString(),
      rssBytes: process.memoryUsage.rss(),
      counters: counters.all(),
    });
    const beat = () => say(bus, subjects.status(config.host, role), status());
    setInterval(beat, HEARTBEAT_MS).unref();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (end.called()) process.exit(1);
        void end(0);
      });
    }
    process.on("SIGHUP", () => {
      for (const reload of reloads) reload();
    });
    process.on("unhandledRejection", (error) => context.fail(error));
    process.on("uncaughtException", (error) => context.fail(error));
    await serveHttp(process.env.UDEVNS_HTTP, status);
    await announce(bus, {
      name: `udevns-${role}`,
      version,
      description: descriptions[role],
      metadata: { host: config.host, boot: context.boot, pid: String(process.pid) },
    });
    await start(context).catch(context.fail);
  } catch (error) {
    logError(log, error);
    process.exit(exitCode(error));
  }
}

const positioned = (position: LogPosition | undefined): Pick<ServiceStatus, "position"> =>
  position === undefined ? {} : { position };

function makeLogger(role: ServiceRole, config: BaseConfig): Logger {
  return pino({
    level: config.logLevel,
    base: { service: role, host: config.host, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}

const exitCode = (error: unknown): number => (isUdevnsError(error) ? error.exitCode : 1);

function logError(log: Logger, error: unknown): void {
  if (isUdevnsError(error)) log.fatal({ code: error.code, mend: error.mend, cause: error.cause }, error.message);
  else log.fatal({ err: error }, "unexpected error");
}

function once(run: (code: number) => Promise<void>): ((code: number) => Promise<void>) & { called(): boolean } {
  let running: Promise<void> | undefined;
  const wrapped = (code: number) => (running ??= run(code));
  return Object.assign(wrapped, { called: () => running !== undefined });
}
