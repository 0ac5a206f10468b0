export interface MissedOptions {
  /** Has capture say what differs; resolves when it has. */
  ask(): Promise<unknown>;
  onMended(): void;
  /** It is asked again later. */
  onFailed(error: unknown): void;
  /** How long to wait for the log's end before asking, and to wait before asking again. */
  readonly delayMs: number;
}

/**
 * What the log dropped before it was read. From then on what is known of the host may be wrong, until capture has compared it with
 * /sys: it is asked for that once the log is read to its end, and again until it answers.
 */
export class Missed {
  readonly #options: MissedOptions;
  #noticed = 0;
  #mended = 0;
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

  /** The log is read to its end: capture has the least to catch up with. */
  onCaughtUp(): void {
    if (!this.open || this.#asking || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#asking = true;
    // What is missed from here on the answer may know nothing of.
    const noticed = this.#noticed;
    this.#options
      .ask()
      .then(
        () => {
          this.#mended = noticed;
          if (!this.open && !this.#stopped) this.#options.onMended();
        },
        (error: unknown) => {
          if (!this.#stopped) this.#options.onFailed(error);
        },
      )
      .finally(() => {
        this.#asking = false;
        if (this.open) this.#later();
      });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.onCaughtUp();
    }, this.#options.delayMs);
  }
}
