import { hostname } from "node:os";
import type { BusSettings } from "@udevns/bus";
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
  return {
    host,
    stateDir: absolute(env, "UDEVNS_STATE_DIR", "/var/lib/udevns"),
    runDir: absolute(env, "UDEVNS_RUN_DIR", "/run/udevns"),
    logLevel,
    bus: {
      url: env.NATS_URL || "nats://127.0.0.1:4222",
      name: `udevns-${role}@${host}`,
      user: env.NATS_USER,
      password: env.NATS_PASSWORD,
      creds: env.NATS_CREDS,
      nkey: env.NATS_NKEY,
      ca: env.NATS_CA,
      cert: env.NATS_CERT,
      key: env.NATS_KEY,
      domain: env.UDEVNS_JS_DOMAIN,
      inboxPrefix: env.UDEVNS_INBOX_PREFIX,
      wait: role !== "cli",
    },
  };
}

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
