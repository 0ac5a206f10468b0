import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../../services/cli/bin/udevns.js", import.meta.url));

/** Runs the udevns command. @throws with what it said when it fails */
export async function udevns(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`udevns ${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}
