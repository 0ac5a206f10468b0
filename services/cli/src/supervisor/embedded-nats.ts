import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join, relative } from "node:path";
import { inboxPrefix, keyFile } from "@udevns/bus";
import { type ServiceRole, UdevnsError } from "@udevns/protocol";
import { type BaseConfig, busUser, type Environment, integer, ownKeys } from "@udevns/service";
import { writeKeys } from "../credentials.ts";
import type { ChildPlan } from "./child.ts";

/** A nats-server with JetStream on loopback, its store below the state directory. */
export interface EmbeddedNats {
  readonly url: string;
  readonly plan: Omit<ChildPlan, "lastDelayMs">;
  /** Resolves when it listens, or has not for long: a connection that fails is tried again only after a while. */
  listening(): Promise<void>;
  /** What tells a process who it is to the server. */
  access(role: ServiceRole | "cli"): Environment;
}

const LOOK_MS = 10;
const PATIENCE_MS = 2_000;

/** @throws UDEVNS_E_SETUP without nats-server; UDEVNS_E_CONFIG when its port is taken */
export async function embeddedNats(env: Environment, { host, stateDir }: BaseConfig): Promise<EmbeddedNats> {
  const port = integer(env, "UDEVNS_NATS_PORT", 4222, [1, 65535]);
  const command = findProgram("nats-server", env.PATH ?? "");
  if (command === undefined) throw new UdevnsError("UDEVNS_E_SETUP", { what: "nats-server" });
  await checkFree(port);
  const given = env.UDEVNS_CREDENTIALS;
  const keys = ownKeys(stateDir);
  if (!given) writeKeys({ directory: keys, hosts: [host], owners: new Map() });
  const config = join(stateDir, "nats-server.conf");
  const users = given ? join(given, "server.conf") : join(keys, "users.conf");
  writeFileSync(config, serverConfig({ port, stateDir, users }), { mode: 0o600 });
  return {
    url: `nats://127.0.0.1:${port}`,
    plan: { name: "nats-server", command, args: ["--config", config], env: { PATH: env.PATH } },
    listening: () => listening(port),
    access: (role) => {
      if (given) return {};
      // The policy of this bus is this host's file: its policy service says it for the fleet, of one.
      const user = role === "policy" ? { kind: role } : busUser(env, role, host);
      return { NATS_NKEY: join(keys, keyFile(user)), UDEVNS_INBOX_PREFIX: inboxPrefix(user) };
    },
  };
}

/** JetStream is set up here and not on the command line: a server forgets what only stood there when it reads its file again. */
function serverConfig({ port, stateDir, users }: { port: number; stateDir: string; users: string }): string {
  const store = join(stateDir, "nats");
  mkdirSync(store, { recursive: true, mode: 0o700 });
  // An include is looked for beside the file that has it.
  return `# Written by \`udevns up\`.
listen: "127.0.0.1:${port}"
jetstream { store_dir: ${JSON.stringify(store)} }
log_file: ${JSON.stringify(join(stateDir, "nats-server.log"))}
include ${JSON.stringify(relative(stateDir, users))}
`;
}

function findProgram(name: string, path: string): string | undefined {
  for (const directory of [...path.split(delimiter), "/usr/sbin", "/usr/local/bin"]) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** nats-server would log that the port is taken and end, again and again. */
async function checkFree(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (cause) => {
      const detail = `127.0.0.1:${port} is taken; set UDEVNS_NATS_PORT to another, or NATS_URL to use the server that is there`;
      reject(new UdevnsError("UDEVNS_E_CONFIG", { name: "UDEVNS_NATS_PORT", detail }, { cause }));
    });
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
  });
}

async function listening(port: number): Promise<void> {
  const patience = performance.now() + PATIENCE_MS;
  while (performance.now() < patience && !(await answers(port)))
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
