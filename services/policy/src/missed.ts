export interface MissedOptions {
  /** Has capture say what differs; resolves when it has. */
  ask(): Promise<unknown>;
  onMended(): void;
  /** It is asked again later. `failures`: so many since it last answered. */
  onFailed(error: unknown, failures: number): void;
  /** How long to wait for the log's end before asking, and to wait before asking again: twice as long after each failure. */
  readonly delayMs: number;
  readonly maxDelayMs: number;
}

/**
 * What the log dropped before it was read. From then on what is known of the host may be wrong, until capture has compared it with
 * /sys: it is asked for that once the log is read to its end, and again until it answers.
 */
export class Missed {
  readonly #options: MissedOptions;
  #noticed = 0;
  #mended = 0;
  #failures = 0;
  #begun = false;
  #asking = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: MissedOptions) {
    this.#options = options;
  }

  /** True until all that was missed is made up for; to be written down with the place in the log. */
  get open(): boolean {
    return this.#noticed > this.#mended;
  }

  notice(): void {
    this.#noticed += 1;
    // In a storm without an end the log is never read to it.
    this.#later();
  }

  /** What is known is written down from now on; before, capture could compare with nothing, and is not asked. */
  begin(): void {
    this.#begun = true;
    if (this.open) this.#later();
  }

  /** The log is read to its end: capture has the least to catch up with. One that has failed is given its time all the same. */
  onCaughtUp(): void {
    if (this.#failures === 0) this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #ask(): void {
    if (!this.open || !this.#begun || this.#asking || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#asking = true;
    // What is missed from here on the answer may know nothing of.
    const noticed = this.#noticed;
    this.#options
      .ask()
      .then(
        () => this.#onAnswer(noticed),
        (error: unknown) => this.#onFailure(error),
      )
      .finally(() => {
        this.#asking = false;
        if (this.open) this.#later();
      });
  }

  #onAnswer(noticed: number): void {
    // Stopped, it may have been asked without anything being written down before.
    if (this.#stopped) return;
    this.#failures = 0;
    this.#mended = noticed;
    if (!this.open) this.#options.onMended();
  }

  #onFailure(error: unknown): void {
    if (this.#stopped) return;
    this.#failures += 1;
    this.#options.onFailed(error, this.#failures);
  }

  #later(): void {
    if (!this.#begun || this.#stopped) return;
    const { delayMs, maxDelayMs } = this.#options;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#ask();
      },
      Math.min(maxDelayMs, delayMs * 2 ** Math.max(0, this.#failures - 1)),
    );
  }
}
