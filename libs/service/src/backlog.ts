/** More than a container hears in any burst that its listeners keep up with, and little memory. */
const MOST_WAITING = 1_024;

interface Line {
  waiting: number;
  readonly room: (() => void)[];
}

/**
 * Counts the work that waits for each container. Past a bound the log is not read on: there it lies safely, here it would be
 * memory that a container which reads slowly could make grow.
 */
export class Backlog {
  readonly #most: number;
  readonly #lines = new Map<string, Line>();

  constructor(most = MOST_WAITING) {
    this.#most = most;
  }

  /** @returns what to wait for before more is taken in; undefined when there is room */
  enter(instance: string): Promise<void> | undefined {
    const line = this.#lines.get(instance) ?? { waiting: 0, room: [] };
    this.#lines.set(instance, line);
    line.waiting += 1;
    return line.waiting < this.#most ? undefined : new Promise((resolve) => line.room.push(resolve));
  }

  leave(instance: string): void {
    const line = this.#lines.get(instance);
    if (line === undefined) return;
    line.waiting -= 1;
    if (line.waiting < this.#most) for (const resolve of line.room.splice(0)) resolve();
    if (line.waiting === 0) this.#lines.delete(instance);
  }
}
