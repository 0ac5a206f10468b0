import type { Schedule } from "../model/action.ts";
import { Host, type HostOptions } from "./host.ts";
import { LeakWatch } from "./leaks.ts";
import { playSchedule } from "./play-schedule.ts";

/** One host for all schedules of a test, until one of them has left it in a state that nobody knows. */
export class Session {
  readonly #options: HostOptions;
  #host: Host | undefined;
  #leaks: LeakWatch | undefined;

  constructor(options: HostOptions = {}) {
    this.#options = options;
  }

  /** Plays it, clears up, and looks for what is left behind. */
  async play(schedule: Schedule): Promise<void> {
    this.#host ??= await Host.start(this.#options);
    this.#leaks ??= await LeakWatch.begin(this.#host);
    try {
      await playSchedule(this.#host, schedule);
      await this.#host.clear();
      await this.#leaks.check(this.#host);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#host?.stop();
    this.#host = undefined;
    this.#leaks = undefined;
  }
}
