/** Runs tasks of one key one after the other, in the order they came; tasks of different keys side by side. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Tasks must report their own failures: one that throws ends the process by its unhandled rejection. */
  run(key: string, task: () => Promise<void>): void {
    const tail = (this.#tails.get(key) ?? Promise.resolve()).then(task);
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
  }

  /** Resolves when all that was handed in before is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
