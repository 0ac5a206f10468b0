import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/**
 * Runs one of `programs/` on a host of its own: pid 1, /proc and /run are of this one run, so that pids can be had again and the
 * host's own files be put in danger. @returns what it wrote, as JSON
 */
export async function onOwnHost<Result>(program: string, ...args: string[]): Promise<Result> {
  const path = fileURLToPath(new URL(`../programs/${program}.ts`, import.meta.url));
  // Pid 1 is the shell: it sees to the orphans.
  const init = 'mount -t tmpfs -o mode=755 run /run && "$@"; exit $?';
  const child = spawn(
    "unshare",
    [
      ...["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"],
      ...["sh", "-c", init, "sh", process.execPath, "--import", "tsx", path, ...args],
    ],
    { env: { ...process.env, NODE_OPTIONS: "" }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${program}: exit ${code}\n${stderr}${stdout}`);
  return JSON.parse(stdout) as Result;
}
