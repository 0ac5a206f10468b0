import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real nats-server with JetStream on a loopback port of its own. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
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

/** @param config a file in nats-server's own language; address and port are given here, and the store unless `store` is what it says */
export async function startNatsServer(options: { config?: string; store?: string } = {}): Promise<TestServer> {
  const port = await freePort();
  const store = options.store ?? mkdtempSync(join(tmpdir(), "udevns-nats-"));
  let child: ChildProcess | undefined;
  const kill = async () => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await gone;
  };
  const start = async () => {
    const config = options.config === undefined ? [] : ["-c", options.config];
    const jetstream = options.store === undefined ? ["-js", "-sd", store] : [];
    const args = ["-a", "127.0.0.1", "-p", String(port), ...jetstream, ...config];
    child = spawn("nats-server", args, { stdio: "ignore" });
    await reachable(port);
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    store,
    reload: () => void child?.kill("SIGHUP"),
    kill,
    start,
    close: async () => {
      await kill();
      rmSync(store, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function reachable(port: number): Promise<void> {
  const { connect } = await import("node:net");
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nats-server did not open port ${port}; is it installed (npm run setup)?`);
}
