import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type ContainerTarget, type GateWish, UdevnsError } from "@udevns/protocol";
import type { Closer } from "./plan.ts";

/** What policy wishes for a container, and what was done for it. */
export interface GateEntry {
  readonly container: ContainerTarget;
  /** `off`: it could not be opened yet. */
  readonly wish: GateWish;
  /** With what its namespace is closed, or may be: written before the first step. */
  readonly closers: readonly Closer[];
}

/** Gates outlive a crash of this service; so must the knowledge of whose they are. */
export class GateFile {
  readonly #path: string;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#path = path;
  }

  read(): GateEntry[] {
    try {
      const entries = JSON.parse(readFileSync(this.#path, "utf8")) as (GateEntry & { readonly closer?: Closer })[];
      // An older devnode wrote one, and an update finds its file.
      return entries.map(({ closer, ...entry }) => ({ ...entry, closers: entry.closers ?? (closer ? [closer] : []) }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new UdevnsError("UDEVNS_E_STATE", { path: this.#path, detail: String(error) }, { cause: error });
    }
  }

  write(entries: Iterable<GateEntry>): void {
    writeFileSync(`${this.#path}.new`, JSON.stringify([...entries]), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}
