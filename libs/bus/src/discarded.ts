/** Notices what a stream at its limits, which drops its oldest messages, has dropped before its reader has read it. */
export class Discarded {
  /** The sequence that comes next, unless it was dropped or is of another subject. */
  #next: number;
  readonly #onDiscarded: (count: number) => void;

  /** @param onDiscarded up to so many that were not read are gone */
  constructor(first: number, onDiscarded: (count: number) => void) {
    this.#next = Math.max(1, first);
    this.#onDiscarded = onDiscarded;
  }

  /** What is between may be gone, or of other subjects. */
  isBehindGap(sequence: number): boolean {
    return sequence > this.#next;
  }

  onHandled(sequence: number): void {
    this.#next = Math.max(this.#next, sequence + 1);
  }

  /** Nothing before that is there any more. */
  passOver(oldest: number): void {
    const count = oldest - this.#next;
    if (count <= 0) return;
    this.#next = oldest;
    this.#onDiscarded(count);
  }

  /** The stream is another, which counts its sequences anew. */
  startAnew(): void {
    this.#next = 1;
  }
}
