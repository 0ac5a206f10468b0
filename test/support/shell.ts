import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs a script of the host's shell. @returns its output. @throws with what it wrote when it fails */
export async function shell(script: string, ...args: readonly string[]): Promise<string> {
  const child = spawn("sh", ["-c", script, "sh", ...args], { stdio: ["ignore", "pipe", "pipe"], env: process.env });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${script.trim().split("\n")[0]} …: exit ${code}\n${stderr || stdout}`);
  return stdout;
}
