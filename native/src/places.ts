/** What is being done in one place, and what waits there. */
interface Place {
  /** Calls that have a thread. */
  running: number;
  /** Of those, the ones that nobody waits for any more. */
  stuck: number;
  readonly line: (() => void)[];
}

/** Threads at a time in one place: a file system that never answers would otherwise cost one more with each call. */
const MOST_THREADS = 4;

/** Counts the threads of each place, also of calls that were given up: those still have one. */
export class Places {
  readonly #places = new Map<string, Place>();

  /** How many calls were given up and have not come back: what they do may still happen. */
  stuckIn(name: string): number {
    return this.#places.get(name)?.stuck ?? 0;
  }

  /** True where each thread there may be is stuck: whoever came would wait for nothing. */
  isLost(name: string): boolean {
    return this.stuckIn(name) >= MOST_THREADS;
  }

  /**
   * Starts a call, at once or as soon as there is room for one more.
   * @returns leaves the line; does nothing once it was started
   */
  enter(name: string, start: () => void): () => void {
    const place = this.#places.get(name) ?? { running: 0, stuck: 0, line: [] };
    this.#places.set(name, place);
    const begin = () => {
      place.running += 1;
      start();
    };
    if (place.running < MOST_THREADS) begin();
    else place.line.push(begin);
    return () => {
      const at = place.line.indexOf(begin);
      if (at >= 0) place.line.splice(at, 1);
    };
  }

  giveUp(name: string): void {
    const place = this.#places.get(name);
    if (place !== undefined) place.stuck += 1;
  }

  /** A call's thread has ended. */
  leave(name: string, gaveUp: boolean): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    place.running -= 1;
    if (gaveUp) place.stuck -= 1;
    if (place.running < MOST_THREADS) place.line.shift()?.();
    if (place.running === 0) this.#places.delete(name);
  }
}
