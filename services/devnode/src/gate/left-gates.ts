import type { ContainerTarget } from "@udevns/protocol";
import type { GateEntry } from "./gate-file.ts";
import type { Closer } from "./plan.ts";

/** Gates that shall be open and may be closed: the kernel gives the number of their namespace to the next one, and the gate with it. */
export class LeftGates {
  readonly #open: (container: ContainerTarget, closers: readonly Closer[]) => Promise<readonly Closer[]>;
  #left: readonly GateEntry[] = [];

  /** @param open returns those by which it may still be closed */
  constructor(open: (container: ContainerTarget, closers: readonly Closer[]) => Promise<readonly Closer[]>) {
    this.#open = open;
  }

  add({ container, closers }: GateEntry): void {
    this.#left = [...this.#left, { container, wish: "off", closers }];
  }

  isEmpty(): boolean {
    return this.#left.length === 0;
  }

  entries(): readonly GateEntry[] {
    return this.#left;
  }

  /** @param others not those whose namespace, or its number, is closed for another container now */
  async open(others: readonly GateEntry[]): Promise<void> {
    const still: GateEntry[] = [];
    for (const entry of this.#left) {
      const { net } = entry.container.namespaces;
      if (others.some(({ container, closers }) => closers.length > 0 && container.namespaces.net === net)) continue;
      const closers = await this.#open(entry.container, entry.closers);
      if (closers.length > 0) still.push({ ...entry, closers });
    }
    this.#left = still;
  }
}
