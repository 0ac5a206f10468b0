import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { until } from "./until.ts";

/** A real nats-server with JetStream on a loopback port of its own. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** Of its process: one, or none while it is down. */
  pids(): number[];
  /** Directory of what it keeps. */
  readonly store: string;
  /** HUP: it reads its configuration again. */
  reload(): void;
  /** kill -9, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same store. */
  start(): Promise<void>;
  /** Ends it and removes its store. */
  close(): Promise<void>;
}

interface ServerOptions {
  /** A file in nats-server's own language, for all but address, port and store. */
  readonly config?: string;
  /** Where it keeps its streams, if that is what `config` says. */
  readonly store?: string;
  /** Limits of its store, in the same language. */
  readonly limits?: string;
}

export async function startNatsServer(options: ServerOptions = {}): Promise<TestServer> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), "udevns-nats-"));
  const store = options.store ?? join(directory, "store");
  const file = join(directory, "nats.conf");
  writeFileSync(file, configText(options, { port, store, directory }));
  let child: ChildProcess | undefined;
  const kill = async () => {
    const running = child;
    child = undefined;
    if (running === undefined || hasEnded(running)) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await gone;
  };
  const start = async () => {
    const started = spawn("nats-server", ["--config", file], { stdio: "ignore" });
    child = started;
    await until(async () => hasEnded(started) || (await isOpen(port)), `nats-server to open port ${port}`);
    if (hasEnded(started))
      throw new Error(`nats-server ended with ${started.exitCode}; is it installed (npm run setup)?`);
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    store,
    pids: () => (child?.pid === undefined ? [] : [child.pid]),
    reload: () => void child?.kill("SIGHUP"),
    kill,
    start,
    close: async () => {
      await kill();
      for (const path of [store, directory]) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** JetStream in the file and not on the command line: there a server forgets it when it reads the file again. */
function configText(
  { config, store: configured, limits = "" }: ServerOptions,
  at: { port: number; store: string; directory: string },
): string {
  return [
    `listen: "127.0.0.1:${at.port}"`,
    configured === undefined ? `jetstream { store_dir: "${at.store}" ${limits} }` : "",
    config === undefined ? "" : `include "${relative(at.directory, config)}"`,
  ].join("\n");
}

/** Where the range begins from which the kernel takes ports for connections. */
const CONNECTIONS = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").trim().split(/\s+/)[0]);
const given = new Set<number>();

/** One that no connection is given before its server listens, and nobody else who asks. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = CONNECTIONS - 1 - Math.floor((Math.random() * CONNECTIONS) / 2);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;
