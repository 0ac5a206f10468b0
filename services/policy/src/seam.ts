import type { DevnodeWork, LogPosition, UeventMessage } from "@udevns/protocol";

/**
 * Where a life ends and the next begins, in a host's log of uevents. What the earlier one decided is only folded in by the next: it
 * had containers, claims and a policy before it that no log keeps, and would decide otherwise now.
 */
export class Seam {
  readonly #first: boolean;
  readonly #after: LogPosition | undefined;
  readonly #last: string;
  readonly #ordered: ReadonlySet<string>;

  /** @param tail what the earlier life ordered behind its last checkpoint; undefined when there was none, and no event is decided */
  constructor(tail: readonly DevnodeWork[] | undefined) {
    const last = tail?.at(-1);
    this.#first = tail === undefined;
    this.#after = last?.after;
    this.#last = last?.id ?? "";
    this.#ordered = new Set(tail?.map(({ id }) => id));
  }

  /** True for an entry that the earlier life, as far as its orders tell, has not decided; in a first life only the log's end tells. */
  isPassedBy({ sequence, epoch }: LogPosition): boolean {
    const after = this.#after;
    if (this.#first) return false;
    return after === undefined || epoch !== after.epoch || sequence > after.sequence;
  }

  /** True for the event that caused the last order: there may be others that it would have caused. */
  isHalfDecided({ id }: UeventMessage): boolean {
    return this.#last.startsWith(`${id}/`);
  }

  /** Those that do not stand in the log yet. */
  missing(orders: readonly DevnodeWork[]): readonly DevnodeWork[] {
    return this.#ordered.size === 0 ? orders : orders.filter(({ id }) => !this.#ordered.has(id));
  }
}
