import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type BusSettings, type BusUser, inboxPrefix, keyFile } from "@udevns/bus";
import { type ServiceRole, UdevnsError } from "@udevns/protocol";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What every process of ours reads from its environment. */
export interface BaseConfig {
  /** Name of this host in subjects and keys. `UDEVNS_HOST`, else the machine's host name. */
  readonly host: string;
  /** Survives a reboot: NATS's store, policy files. `UDEVNS_STATE_DIR`, `/var/lib/udevns`. */
  readonly stateDir: string;
  /** Gone at a reboot, as what it describes is: positions, nodes. `UDEVNS_RUN_DIR`, `/run/udevns`. */
  readonly runDir: string;
  readonly logLevel: string;
  readonly bus: BusSettings;
}

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** @throws UDEVNS_E_CONFIG that names the variable */
export function baseConfig(env: Environment, role: ServiceRole | "cli"): BaseConfig {
  const host = env.UDEVNS_HOST || hostname();
  const logLevel = env.UDEVNS_LOG_LEVEL || "info";
  if (!logLevels.includes(logLevel))
    throw configError("UDEVNS_LOG_LEVEL", `${logLevel} is none of ${logLevels.join(", ")}`);
  const credentials = env.UDEVNS_CREDENTIALS
    ? credentialFiles(absolute(env, "UDEVNS_CREDENTIALS", "/"), busUser(env, role, host))
    : undefined;
  const url = env.NATS_URL || "nats://127.0.0.1:4222";
  const stateDir = absolute(env, "UDEVNS_STATE_DIR", "/var/lib/udevns");
  return {
    host,
    stateDir,
    runDir: absolute(env, "UDEVNS_RUN_DIR", "/run/udevns"),
    logLevel,
    bus: {
      url,
      name: `udevns-${role}@${host}`,
      user: env.NATS_USER,
      password: env.NATS_PASSWORD,
      creds: env.NATS_CREDS,
      nkey: env.NATS_NKEY || credentials?.nkey || (role === "cli" ? adminKey(env, url, stateDir) : undefined),
      ca: env.NATS_CA || credentials?.ca,
      cert: env.NATS_CERT,
      key: env.NATS_KEY,
      domain: env.UDEVNS_JS_DOMAIN,
      inboxPrefix: env.UDEVNS_INBOX_PREFIX || credentials?.inboxPrefix,
      wait: role !== "cli",
    },
  };
}

/** Who this process is on the bus. A policy process that decides for other hosts too is a replica of the fleet's. */
export function busUser(env: Environment, role: ServiceRole | "cli", host: string): BusUser {
  if (role === "cli") return { kind: "admin" };
  return role === "policy" && env.UDEVNS_HOSTS ? { kind: "policy" } : { kind: "service", role, host };
}

/** What `udevns provision --credentials` has written for a user. `UDEVNS_CREDENTIALS`: its directory. */
const credentialFiles = (directory: string, user: BusUser) => ({
  nkey: join(directory, keyFile(user)),
  ca: join(directory, "ca.pem"),
  inboxPrefix: inboxPrefix(user),
});

/** Keys of the server that `udevns up` starts. */
export const ownKeys = (stateDir: string): string => join(stateDir, "credentials");

/** Who may read the key of this machine's own server commands it without further settings. */
function adminKey(env: Environment, url: string, stateDir: string): string | undefined {
  const others = env.NATS_CREDS || env.NATS_USER || env.UDEVNS_CREDENTIALS;
  const file = join(ownKeys(stateDir), keyFile({ kind: "admin" }));
  return !others && isLoopback(url) && existsSync(file) ? file : undefined;
}

const isLoopback = (url: string): boolean => /^(\w+:\/\/)?(localhost|127\.[\d.]+|\[::1\])(:\d+)?\/?$/.test(url);

/** @returns the number in the variable, or the default. @throws UDEVNS_E_CONFIG */
export function integer(
  env: Environment,
  name: string,
  fallback: number,
  [least, most]: readonly [number, number],
): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const number = Number(text);
  if (!Number.isInteger(number) || number < least || number > most) {
    throw configError(name, `${JSON.stringify(text)} is not a whole number from ${least} to ${most}`);
  }
  return number;
}

export const configError = (name: string, detail: string): UdevnsError =>
  new UdevnsError("UDEVNS_E_CONFIG", { name, detail });

function absolute(env: Environment, name: string, fallback: string): string {
  const path = env[name] || fallback;
  if (!path.startsWith("/")) throw configError(name, `${JSON.stringify(path)} is not an absolute path`);
  return path;
}
