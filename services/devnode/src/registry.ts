import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Made, MadeDirectory, Taking } from "./made.ts";

type Line =
  | { readonly made: Made }
  | { readonly told: { readonly instance: string; readonly devpath: string; readonly seqnum: number } }
  | { readonly unmade: { readonly instance: string; readonly devpath: string } }
  | { readonly directory: MadeDirectory }
  | { readonly noDirectory: { readonly instance: string; readonly path: string } }
  | { readonly forgotten: string };

/** Where the file is written anew with only what still matters; later, where it has doubled since. */
const COMPACT_BYTES = 4 << 20;

/**
 * What devnode made in which container, across its own crashes: an append-only file on a tmpfs, one line a change,
 * written anew at each start. Without it devnode could not tell its nodes from the container's own.
 */
export class Registry {
  readonly #path: string;
  readonly #made = new Map<string, Map<string, Made>>();
  readonly #directories = new Map<string, Map<string, MadeDirectory>>();
  /** Keys of those that are in state `taking`: they are asked for at each order, and are few. */
  readonly #takings = new Set<string>();
  #fd: number;
  #bytes = 0;
  #compactAt = COMPACT_BYTES;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#path = path;
    for (const line of readLines(path)) this.#apply(line);
    this.#fd = this.#rewrite();
  }

  get(instance: string, devpath: string): Made | undefined {
    return this.#made.get(instance)?.get(devpath);
  }

  instances(): string[] {
    return [...new Set([...this.#made.keys(), ...this.#directories.keys()])];
  }

  of(instance: string): Made[] {
    return [...(this.#made.get(instance)?.values() ?? [])];
  }

  /** Takes that failed, of all containers. */
  takings(): Taking[] {
    return [...this.#takings].flatMap((at) => {
      const [instance, devpath] = JSON.parse(at) as [string, string];
      const made = this.get(instance, devpath);
      return made?.state === "taking" ? made : [];
    });
  }

  /** Deepest first, the order in which they can be removed. */
  directories(instance: string): MadeDirectory[] {
    return [...(this.#directories.get(instance)?.values() ?? [])].sort((a, b) => b.path.length - a.path.length);
  }

  record(line: Line): void {
    this.#apply(line);
    this.#bytes += writeSync(this.#fd, `${JSON.stringify(line)}\n`);
    if (this.#bytes > this.#compactAt) {
      const old = this.#fd;
      this.#fd = this.#rewrite();
      closeSync(old);
    }
  }

  #apply(line: Line): void {
    if ("made" in line) {
      mapIn(this.#made, line.made.instance).set(line.made.devpath, line.made);
      if (line.made.state === "taking") this.#takings.add(keyOf(line.made));
      else this.#takings.delete(keyOf(line.made));
    } else if ("told" in line) {
      const { instance, devpath, seqnum } = line.told;
      const made = this.get(instance, devpath);
      if (made !== undefined) this.#made.get(instance)?.set(devpath, { ...made, told: seqnum });
    } else if ("unmade" in line) {
      this.#made.get(line.unmade.instance)?.delete(line.unmade.devpath);
      this.#takings.delete(keyOf(line.unmade));
    } else if ("directory" in line)
      mapIn(this.#directories, line.directory.instance).set(line.directory.path, line.directory);
    else if ("noDirectory" in line) this.#directories.get(line.noDirectory.instance)?.delete(line.noDirectory.path);
    else {
      for (const made of this.of(line.forgotten)) this.#takings.delete(keyOf(made));
      this.#made.delete(line.forgotten);
      this.#directories.delete(line.forgotten);
    }
  }

  #rewrite(): number {
    const lines: Line[] = [];
    for (const devices of this.#made.values()) for (const made of devices.values()) lines.push({ made });
    for (const paths of this.#directories.values()) for (const directory of paths.values()) lines.push({ directory });
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    this.#bytes = Buffer.byteLength(text);
    this.#compactAt = Math.max(COMPACT_BYTES, 2 * this.#bytes);
    return openSync(this.#path, "a", 0o600);
  }
}

const keyOf = ({ instance, devpath }: { instance: string; devpath: string }): string =>
  JSON.stringify([instance, devpath]);

function mapIn<V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const map = maps.get(key) ?? new Map<string, V>();
  maps.set(key, map);
  return map;
}

function readLines(path: string): Line[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  // A last line without its newline was cut by a kill: its change was not begun.
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}
