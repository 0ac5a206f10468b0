import { type Bus, connectBus } from "@udevns/bus";
import { isUdevnsError, UdevnsError } from "@udevns/protocol";
import { type BaseConfig, baseConfig } from "@udevns/service";
import type { Output } from "./output.ts";

/** What every command gets. */
export interface CommandContext {
  readonly config: BaseConfig;
  readonly host: string;
  readonly out: Output;
  readonly bus: Bus;
}

/** Runs a command that needs the bus, and closes it behind it. */
export async function withBus<T>(out: Output, run: (context: CommandContext) => Promise<T>): Promise<T> {
  const config = baseConfig(process.env, "cli");
  let refuse: (error: UdevnsError) => void = () => undefined;
  const refused = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  const bus = await connectBus({ ...config.bus, onDenied: (error) => refuse(error) }).catch((error: unknown) => {
    throw isUdevnsError(error, "UDEVNS_E_BUS_DENIED") && hasNoKey(config) ? keyError(config, error) : error;
  });
  try {
    return await Promise.race([run({ config, host: config.host, out, bus }), refused]);
  } finally {
    await bus.close();
  }
}

const hasNoKey = ({ bus }: BaseConfig): boolean =>
  bus.nkey === undefined && bus.creds === undefined && bus.user === undefined;

/** The server that `udevns up` starts takes orders from whoever can read its keys: root. */
const keyError = ({ bus }: BaseConfig, cause: UdevnsError): UdevnsError =>
  new UdevnsError(
    "UDEVNS_E_RIGHTS",
    { what: `a command to ${bus.url}`, need: "root, or a key of the bus (UDEVNS_CREDENTIALS, NATS_NKEY)" },
    { cause },
  );
/** Resolves at Ctrl-C. Asked for before a command says that it listens: whoever waits for that may end it at once. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

/** Prints an error for people or for programs. @returns the exit code */
export function reportError(error: unknown, out: Output): number {
  const known = isUdevnsError(error) ? error : UdevnsError.unforeseen(error);
  out.error(known);
  if (known !== error) out.note(String((error as Error)?.stack ?? error));
  return known.exitCode;
}

/** What commander says of a command line, as an error of ours. */
export const usageError = ({ code, message }: { code: string; message: string }): UdevnsError =>
  new UdevnsError("UDEVNS_E_USAGE", {
    detail: code === "commander.help" ? "a command is missing" : message.replace(/^error: /, ""),
  });

/** A consumer name that no other command has. */
export const consumerName = (): string => `cli-${process.pid}-${Math.random().toString(36).slice(2, 10)}`;
