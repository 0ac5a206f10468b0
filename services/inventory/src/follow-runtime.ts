import { setTimeout as sleep } from "node:timers/promises";
import { UdevnsError } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import type { RuntimeAdapter, Sighting } from "./runtimes/runtime.ts";

const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 2_000;

/** Follows one runtime for as long as we live, through every end of its daemon. */
export class RuntimeFollower {
  readonly #context: ServiceContext;
  readonly #adapter: RuntimeAdapter;
  readonly #onList: (sightings: readonly Sighting[]) => Promise<void>;
  #attempt = new AbortController();
  #closed = false;
  readonly #ended: Promise<void>;
  #listing: Promise<void> | undefined;
  #again = false;
  #connected = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    context: ServiceContext,
    adapter: RuntimeAdapter,
    onList: (sightings: readonly Sighting[]) => Promise<void>,
  ) {
    this.#context = context;
    this.#adapter = adapter;
    this.#onList = onList;
    this.#ended = this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#attempt.abort();
    clearTimeout(this.#retry);
    await this.#ended;
    await this.#listing;
  }

  async #run(): Promise<void> {
    for (let delay = FIRST_DELAY_MS; !this.#closed; delay = Math.min(delay * 2, LAST_DELAY_MS)) {
      let cause: unknown;
      this.#attempt = new AbortController();
      const { signal } = this.#attempt;
      const began = performance.now();
      try {
        await this.#adapter.watch(() => this.#look(), signal);
      } catch (error) {
        cause = error;
      }
      // One that ends as soon as it has begun (a tool that is not installed) is not there either.
      if (performance.now() - began > LAST_DELAY_MS) delay = FIRST_DELAY_MS;
      if (this.#closed) return;
      this.#note(false, cause);
      await sleep(delay, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One look at a time; whatever happens during one is seen by the next. */
  #look(): void {
    this.#again = true;
    this.#listing ??= this.#list();
  }

  async #list(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        const sightings = await this.#adapter.list();
        this.#note(true);
        await this.#onList(sightings);
      } catch (cause) {
        this.#note(false, cause);
        // Nothing may happen there for a long time that would tell us to look again.
        clearTimeout(this.#retry);
        if (!this.#closed) this.#retry = setTimeout(() => this.#look(), LAST_DELAY_MS);
      }
    }
    this.#listing = undefined;
  }

  #note(connected: boolean, cause?: unknown): void {
    const { runtime, place } = this.#adapter;
    this.#context.counters.set(`runtime_${runtime}`, connected ? 1 : 0);
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (connected) this.#context.log.info({ runtime, place }, "following the runtime");
    else {
      const detail = cause === undefined ? "it went away" : (cause as Error).message;
      const error = new UdevnsError("UDEVNS_E_RUNTIME", { runtime, place, detail }, { cause });
      this.#context.log.warn({ code: error.code }, error.message);
    }
  }
}
