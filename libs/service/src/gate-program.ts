import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Environment } from "./config.ts";

const run = promisify(execFile);
const LIMIT_MS = 10_000;

/** `udevns-gate` (kernel/gate). `UDEVNS_GATE_PROGRAM`, else where `make` in a checkout puts it. */
export const gateProgram = (env: Environment = process.env): string =>
  env.UDEVNS_GATE_PROGRAM || fileURLToPath(new URL("../../../kernel/gate/udevns-gate", import.meta.url));

/** @returns what it prints. @throws Error with what it complains of */
export async function runGateProgram(...args: readonly string[]): Promise<string> {
  try {
    return (await run(gateProgram(), args, { timeout: LIMIT_MS })).stdout;
  } catch (error) {
    throw new Error(complaint(error as NodeJS.ErrnoException & { stderr?: string }), { cause: error });
  }
}

const complaint = ({ code, message, stderr }: NodeJS.ErrnoException & { stderr?: string }): string =>
  code === "ENOENT" ? `${gateProgram()} is not there` : stderr?.trim().replace(/^udevns-gate: /, "") || message;
