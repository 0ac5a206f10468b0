import { readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import type { RuntimeAdapter, Sighting } from "./runtime.ts";

/** systemd-nspawn: systemd-machined keeps a file of `KEY=value` lines for each machine that runs. */
export class NspawnAdapter implements RuntimeAdapter {
  readonly runtime = "nspawn";
  readonly place: string;

  constructor(machinesDir: string) {
    this.place = machinesDir;
  }

  async list(): Promise<Sighting[]> {
    return readdirSync(this.place).flatMap((name) => {
      // `unit:…` are links to the same machines, and a dot begins a file that is being written.
      if (name.startsWith("unit:") || name.startsWith(".")) return [];
      return readMachine(name, readText(join(this.place, name))) ?? [];
    });
  }

  async watch(changed: () => void, signal: AbortSignal): Promise<void> {
    const watcher = watch(this.place, { signal }, changed);
    changed();
    await new Promise<void>((resolve, reject) => {
      watcher.once("close", resolve);
      watcher.once("error", reject);
    });
  }
}

/** @returns undefined for a virtual machine, or one that is not up yet */
export function readMachine(name: string, text: string): Sighting | undefined {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1];
  const pid = Number(value("LEADER"));
  if (value("CLASS") !== "container" || !(pid > 0)) return undefined;
  return { id: name, name, pid, state: "running", labels: {} };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It ended meanwhile.
    return "";
  }
}
