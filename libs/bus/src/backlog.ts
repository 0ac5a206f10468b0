/** Counts what is handed in and not dealt with, and lets others wait until it is little enough. */
export class Backlog {
  #size = 0;
  #closed = false;
  readonly #waiters = new Set<{ readonly atMost: number; resolve(): void }>();

  get size(): number {
    return this.#size;
  }

  add(): void {
    this.#size += 1;
  }

  remove(): void {
    this.#size -= 1;
    this.#wake();
  }

  /** Nothing more comes of it: nobody waits any longer. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Resolves when there is no more than that. */
  async room(atMost: number): Promise<void> {
    if (this.#closed || this.#size <= atMost) return;
    await new Promise<void>((resolve) => this.#waiters.add({ atMost, resolve }));
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      if (!this.#closed && this.#size > waiter.atMost) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
