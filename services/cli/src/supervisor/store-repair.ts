import { setTimeout as sleep } from "node:timers/promises";

export interface StoreRepairEffects {
  /** Whether anything is missing that outlives a restart of the server. */
  lost(): Promise<boolean>;
  /** Makes what is missing. */
  make(): Promise<unknown>;
  /** The services have spoken of what they wrote to a store that is gone. */
  beginAnew(): void;
  note(text: string): void;
  /** Resolves when all shall end. */
  readonly stop: Promise<void>;
  readonly delayMs: number;
}

/**
 * Makes anew what a server has lost, as often as it takes; to be called at each reconnect. That something was missing is found before
 * anything is made, and remembered until all is: an attempt that failed half-way, or timed out, has made some of it.
 */
export function storeRepair({ lost, make, beginAnew, note, stop, delayMs }: StoreRepairEffects): () => void {
  let due = false;
  let running = false;
  let stopped = false;
  let begin = false;
  let said = "";
  void stop.then(() => (stopped = true));

  async function attempt(): Promise<void> {
    begin = (await lost()) || begin;
    await make();
    if (!begin || stopped) return;
    begin = false;
    beginAnew();
  }

  async function run(): Promise<void> {
    running = true;
    while (due && !stopped) {
      due = false;
      try {
        await attempt();
        said = "";
      } catch (error) {
        if (stopped) break;
        const { message } = error as Error;
        if (message !== said) note(`${message}; trying again every ${delayMs} ms`);
        said = message;
        due = true;
        await Promise.race([sleep(delayMs, undefined, { ref: false }), stop]);
      }
    }
    running = false;
  }

  return () => {
    due = true;
    if (!running) void run();
  };
}
