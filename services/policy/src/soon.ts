/** Does a piece of work some time after it was asked for, however often it is asked for meanwhile, and never twice at once. */
export class Soon {
  readonly #delayMs: number;
  readonly #work: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** @param work reports its own failures */
  constructor(delayMs: number, work: () => Promise<void>) {
    this.#delayMs = delayMs;
    this.#work = work;
  }

  ask(): void {
    if (this.#stopped) return;
    if (this.#working !== undefined) this.#again = true;
    else this.#timer ??= setTimeout(() => this.#run(), this.#delayMs);
  }

  /** Does it without delay, behind what is being done; resolves when it is done. One that is stopped does nothing. */
  async now(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#run();
    await this.#working;
  }

  /** Begins nothing more. Resolves when what has begun is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #run(): void {
    this.#timer = undefined;
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.ask();
    });
  }
}
