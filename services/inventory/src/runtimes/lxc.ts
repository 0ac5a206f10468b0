import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { RuntimeAdapter, Sighting } from "./runtime.ts";

const run = promisify(execFile);

/** LXC has no daemon: lxc-monitor(1) tells of every state change below one directory, lxc-info(1) of one container. */
export class LxcAdapter implements RuntimeAdapter {
  readonly runtime = "lxc";
  readonly place: string;
  readonly #known = new Map<string, Sighting | undefined>();

  /** @param lxcPath the directory of the containers' directories */
  constructor(lxcPath: string) {
    this.place = lxcPath;
  }

  async list(): Promise<Sighting[]> {
    const names = readdirSync(this.place).filter((name) => existsSync(join(this.place, name, "config")));
    const sightings = await Promise.all(names.map((name) => this.#look(name)));
    return sightings.flatMap((sighting) => sighting ?? []);
  }

  async watch(changed: () => void, signal: AbortSignal): Promise<void> {
    this.#known.clear();
    readdirSync(this.place);
    // It ends with us however we end: what it waits for is a change, and without one it would not find its pipe closed.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "lxc-monitor", "-P", this.place, "-n", ".*"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = once(child, "exit");
    signal.addEventListener("abort", () => child.kill(), { once: true });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const name = /^'(.*)' changed state to \[/.exec(line)?.[1];
      if (name === undefined) this.#known.clear();
      else this.#known.delete(name);
      changed();
    });
    await once(child, "spawn");
    changed();
    await ended;
  }

  async #look(name: string): Promise<Sighting | undefined> {
    if (this.#known.has(name)) return this.#known.get(name);
    const { stdout } = await run("lxc-info", ["-P", this.place, "-n", name, "-s", "-p"]);
    const sighting = readInfo(stdout, join(this.place, name), await this.#labels(name));
    this.#known.set(name, sighting);
    return sighting;
  }

  /** `lxc.environment` is the one place in LXC's configuration that takes any key, and it may be asked of a running container. */
  async #labels(name: string): Promise<Record<string, string>> {
    const asked = run("lxc-info", ["-P", this.place, "-n", name, "-c", "lxc.environment"]);
    const { stdout } = await asked.catch(() => ({ stdout: "" }));
    return readEnvironment(stdout);
  }
}

/** @returns undefined for a container that does not run */
export function readInfo(text: string, id: string, labels: Record<string, string>): Sighting | undefined {
  const pid = Number(/^PID:\s*(\d+)$/m.exec(text)?.[1]);
  const state = /^State:\s*(\w+)$/m.exec(text)?.[1];
  if (!(pid > 0) || state === "STOPPED" || state === "STOPPING" || state === "ABORTING") return undefined;
  return { id, name: id.slice(id.lastIndexOf("/") + 1), pid, state: state === "FROZEN" ? "paused" : "running", labels };
}

/** `lxc.environment = a=1` and, for each further entry, a line of its own without the key. */
export function readEnvironment(text: string): Record<string, string> {
  const entries = text
    .split("\n")
    .map((line) => line.replace(/^lxc\.environment = /, "").trim())
    .filter((line) => line.indexOf("=") > 0)
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  return Object.fromEntries(entries);
}
