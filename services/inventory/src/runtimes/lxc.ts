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
  /** Answers, some still to come. An event drops one, so that what was asked before it is never taken for what is after it. */
  readonly #known = new Map<string, Promise<Sighting | undefined>>();

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
      const said = readMonitorLine(line);
      if (said.kind === "passing") return;
      if (said.kind === "settled") this.#known.delete(said.name);
      else this.#known.clear();
      changed();
    });
    await once(child, "spawn");
    changed();
    await ended;
  }

  #look(name: string): Promise<Sighting | undefined> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const asked = this.#ask(name);
    this.#known.set(name, asked);
    asked.catch(() => this.#known.get(name) === asked && this.#known.delete(name));
    return asked;
  }

  /** `lxc.environment` is the one place in LXC's configuration that takes any key, and it may be asked of a running container. */
  async #ask(name: string): Promise<Sighting | undefined> {
    const { stdout } = await run("lxc-info", ["-P", this.place, "-n", name, "-s", "-p", "-c", "lxc.environment"]);
    return readInfo(stdout, join(this.place, name));
  }
}

/** States that another one follows at once; a look would only find out that it is too early. */
const PASSING = ["STARTING", "STOPPING", "ABORTING", "FREEZING", "THAWED"];

export type MonitorLine =
  | { readonly kind: "settled"; readonly name: string }
  | { readonly kind: "passing" }
  | { readonly kind: "unknown" };

/** What lxc-monitor(1) says: `'NAME' changed state to [STATE]` or `'NAME' exited with status [N]`. */
export function readMonitorLine(line: string): MonitorLine {
  const [, name, state] = /^'(.*)' (?:changed state to \[(\w+)\]|exited with status \[-?\d+\])$/.exec(line) ?? [];
  if (name === undefined) return { kind: "unknown" };
  return state === undefined || PASSING.includes(state) ? { kind: "passing" } : { kind: "settled", name };
}

const ENVIRONMENT = "lxc.environment =";

/**
 * Reads state, pid and labels as lxc-info(1) writes them, in this order.
 * @returns undefined for a container that does not run
 */
export function readInfo(text: string, id: string): Sighting | undefined {
  const at = text.indexOf(ENVIRONMENT);
  const head = at < 0 ? text : text.slice(0, at);
  const pid = Number(/^PID:\s*(\d+)$/m.exec(head)?.[1]);
  const state = /^State:\s*(\w+)$/m.exec(head)?.[1];
  if (!(pid > 0) || state === "STOPPED" || state === "STOPPING" || state === "ABORTING") return undefined;
  return {
    id,
    name: id.slice(id.lastIndexOf("/") + 1),
    pid,
    state: state === "FROZEN" ? "paused" : "running",
    labels: at < 0 ? {} : readEnvironment(text.slice(at + ENVIRONMENT.length)),
  };
}

/** `a=1` and so on, each on a line of its own. */
function readEnvironment(text: string): Record<string, string> {
  const entries = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.indexOf("=") > 0)
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  return Object.fromEntries(entries);
}
