import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach } from "@jest/globals";
import type { Throwaway } from "../../support/throwaway.ts";

/** What the container's root does for as long as it is let. */
export interface Attack {
  /** In the host's numbering. */
  readonly pid: number;
  /** What it has printed since it said that it is ready. */
  said(): readonly string[];
  stop(): Promise<void>;
}

let built: string | undefined;
const running = new Set<ChildProcess>();
// It is in none of the container's pid namespaces, so that the container's end is not its own.
afterEach(async () => {
  for (const child of running) await end(child);
});
afterAll(() => {
  if (built !== undefined) rmSync(dirname(built), { recursive: true });
});

/** The attacker's program, compiled where every container of a test sees it. */
function program(): string {
  if (built !== undefined) return built;
  const source = fileURLToPath(new URL("../attacker/attacker.c", import.meta.url));
  const directory = mkdtempSync(join(tmpdir(), "udevns-attacker-"));
  execFileSync("cc", ["-O1", "-pthread", "-o", join(directory, "attacker"), source]);
  chmodSync(directory, 0o755);
  built = join(directory, "attacker");
  return built;
}

const enter = ({ pid, userns }: Pick<Throwaway, "pid" | "userns">): string[] => [
  "--target",
  String(pid),
  ...(userns ? ["--user", "--setuid", "0", "--setgid", "0"] : []),
  "--mount",
  "--net",
];

/** Starts an attack that goes on by itself, as the container's root; resolves when it is under way. */
export async function startAttack(container: Throwaway, ...args: string[]): Promise<Attack> {
  const child = spawn("nsenter", [...enter(container), program(), ...args], { stdio: ["ignore", "pipe", "ignore"] });
  running.add(child);
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, "line"), once(child, "exit")]);
  if (line !== "ready") throw new Error(`the attack ${args.join(" ")} did not begin`);
  const said: string[] = [];
  lines.on("line", (text) => said.push(text));
  return { pid: child.pid as number, said: () => said, stop: () => end(child) };
}

/** Runs an attack that comes to an end, as the container's root. @returns what it printed */
export function attackOnce(container: Throwaway, ...args: string[]): string {
  return execFileSync("nsenter", [...enter(container), program(), ...args], { encoding: "utf8" }).trim();
}

/** The same on the host, in the clothes that `wrap` gives it. */
export function attackFromHost(wrap: readonly string[], ...args: string[]): string {
  const [command = "", ...rest] = [...wrap, program(), ...args];
  return execFileSync(command, rest, { encoding: "utf8" }).trim();
}

async function end(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
