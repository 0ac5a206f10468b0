/** Runs tasks that share a key one after the other, in the order they came; tasks without a common key side by side. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Tasks must report their own failures: one that throws ends the process by its unhandled rejection. */
  run(keys: readonly string[], task: () => Promise<void>): void {
    const before = keys.map((key) => this.#tails.get(key)).filter((tail) => tail !== undefined);
    const tail = Promise.all(before).then(task);
    for (const key of keys) this.#tails.set(key, tail);
    void tail.then(() => {
      for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
  }

  /** Resolves when all that was handed in before is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
