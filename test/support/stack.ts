import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bus, connectBus, parseJson, tap } from "@udevns/bus";
import { checked, type ServiceRole, ServiceStatus, serviceRoles, subjects } from "@udevns/protocol";
import { freePort } from "./nats-server.ts";
import type { Throwaway } from "./throwaway.ts";
import { until } from "./until.ts";

const COMMAND = fileURLToPath(new URL("../../services/cli/bin/udevns.js", import.meta.url));

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The whole of udevns on one host, as `udevns up` starts it: real processes, a nats-server of its own, directories of its own. */
export interface Stack {
  readonly host: string;
  readonly url: string;
  readonly bus: Bus;
  readonly env: NodeJS.ProcessEnv;
  /** Runs the udevns command against it. */
  command(...args: string[]): Promise<CommandResult>;
  attach(container: Throwaway, labels?: Record<string, string>): Promise<void>;
  /** The latest heartbeat of a service. */
  status(role: ServiceRole): ServiceStatus | undefined;
  /** Of `udevns up` itself. */
  readonly pid: number;
  /** Of the nats-server that `up` started; undefined while there is none. */
  natsPid(): number | undefined;
  /** kill -9, as a crash would. */
  kill(role: ServiceRole | "nats-server"): void;
  /** Waits until a service is ready in another process than `before`. */
  restarted(role: ServiceRole, before: number | undefined): Promise<void>;
  writePolicy(text: string): void;
  /** What the services and the supervisor have logged. */
  log(): string;
  stop(): Promise<void>;
}

let stacks = 0;

export interface StackOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** A command that runs it, like nsenter(1). */
  readonly wrap?: readonly string[];
}

export async function startStack(policy: string, options: StackOptions = {}): Promise<Stack> {
  const { wrap = [] } = options;
  const host = `test-${process.pid}-${stacks++}`;
  const directory = mkdtempSync(join(tmpdir(), "udevns-stack-"));
  const runDir = `/run/udevns-${host}`;
  mkdirSync(runDir, { recursive: true });
  const policyFile = join(directory, "policy.yaml");
  writeFileSync(policyFile, policy);
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    NODE_OPTIONS: "",
    UDEVNS_HOST: host,
    UDEVNS_STATE_DIR: join(directory, "state"),
    UDEVNS_RUN_DIR: runDir,
    UDEVNS_NATS_PORT: String(port),
    UDEVNS_POLICY: policyFile,
    ...options.env,
  };
  // A test run that dies must not leave a stack behind that goes on serving every device of this machine.
  const up = [...wrap, "setpriv", "--pdeathsig", "TERM", process.execPath, COMMAND, "up"];
  const child = spawn(up[0] as string, up.slice(1), {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (log += data));
  await until(() => log.includes("udevns is ready") || child.exitCode !== null, "udevns to be ready").catch(
    () => undefined,
  );
  if (!log.includes("udevns is ready")) {
    child.kill("SIGTERM");
    throw new Error(`udevns did not get ready:\n${log}`);
  }
  const bus = await connectBus({
    url,
    name: "test",
    nkey: join(env.UDEVNS_STATE_DIR, "credentials/admin.nk"),
    wait: true,
  });
  const statuses = new Map<string, ServiceStatus>();
  tap(bus, subjects.statuses(host), (subject, data) => {
    const status = checked(ServiceStatus, parseJson(data, subject), subject);
    statuses.set(status.role, status);
  });
  // Who is to be killed is known by what it says of itself, once a second.
  await until(() => serviceRoles.every((role) => statuses.has(role)), "the services' heartbeats");
  const cliEnv = { ...env, NATS_URL: url };
  const command = (...args: string[]) => run(cliEnv, args);
  const natsPid = () => childrenOf(child.pid as number).find(({ name }) => name.startsWith("nats-server"))?.pid;
  return {
    host,
    url,
    bus,
    env: cliEnv,
    command,
    attach: async (container, labels = {}) => {
      const flags = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
      const { code, stderr } = await command("attach", container.name, "--pid", String(container.pid), ...flags);
      if (code !== 0) throw new Error(`attach ${container.name}: ${stderr}`);
    },
    status: (role) => statuses.get(role),
    pid: child.pid as number,
    natsPid,
    kill: (role) => {
      const pid = role === "nats-server" ? natsPid() : statuses.get(role)?.pid;
      if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL");
    },
    restarted: (role, before) =>
      until(() => {
        const status = statuses.get(role);
        return status !== undefined && status.pid !== before && status.ready;
      }, `${role} to be ready again`),
    writePolicy: (text) => {
      // Whole or not at all: policy may be about to read it.
      writeFileSync(`${policyFile}.new`, text);
      renameSync(`${policyFile}.new`, policyFile);
    },
    log: () => log,
    stop: async () => {
      await bus.close();
      await end(child);
      await cleanUp(runDir);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function run(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [COMMAND, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? -1, stdout, stderr };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

/** devnode leaves its tmpfs mounted on purpose: nodes that are bound into living containers lie on it. */
export async function cleanUp(runDir: string): Promise<void> {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  for (const path of mounts.filter((mount) => mount.startsWith(`${runDir}/`)))
    await once(spawn("umount", ["-l", path]), "exit");
  rmSync(runDir, { recursive: true, force: true });
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** Undefined when it has just ended. */
function nameOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Direct children of a process. */
export function childrenOf(pid: number): { pid: number; name: string }[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children
    .split(" ")
    .filter((text) => text !== "")
    .flatMap((text) => {
      const name = nameOf(text);
      return name === undefined ? [] : [{ pid: Number(text), name }];
    });
}
