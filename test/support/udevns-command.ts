import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const COMMAND = fileURLToPath(new URL("../../services/cli/bin/udevns.js", import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the udevns command, however it ends. */
export async function udevnsResult(env: NodeJS.ProcessEnv, ...args: string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** Runs the udevns command. @throws with what it said when it fails */
export async function udevns(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await udevnsResult(env, ...args);
  if (code !== 0) throw new Error(`udevns ${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}
