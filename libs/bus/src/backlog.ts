/** Counts what is handed in and not dealt with, and lets others wait until it is little enough. */
export class Backlog {
  #size = 0;
  #handedIn = 0;
  #closed = false;
  readonly #waiters = new Set<{ isMet(removed: number): boolean; resolve(): void }>();

  get size(): number {
    return this.#size;
  }

  /** @returns its place among all that were handed in */
  add(): number {
    this.#size += 1;
    return this.#handedIn++;
  }

  remove(place: number): void {
    this.#size -= 1;
    for (const waiter of this.#waiters) if (waiter.isMet(place)) this.#wake(waiter);
  }

  /** Nothing more comes of it: nobody waits any longer. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) this.#wake(waiter);
  }

  /** Resolves when there is no more than that. */
  async room(atMost: number): Promise<void> {
    if (this.#size > atMost) await this.#wait(() => this.#size <= atMost);
  }

  /** Resolves when all that is there now is dealt with, whatever comes behind it. */
  async flushed(): Promise<void> {
    const behind = this.#handedIn;
    let left = this.#size;
    if (left > 0) await this.#wait((removed) => removed < behind && --left === 0);
  }

  #wait(isMet: (removed: number) => boolean): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.add({ isMet, resolve }));
  }

  #wake(waiter: { isMet(removed: number): boolean; resolve(): void }): void {
    this.#waiters.delete(waiter);
    waiter.resolve();
  }
}
