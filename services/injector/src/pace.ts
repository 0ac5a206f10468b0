import type { UeventListener } from "@udevns/uevent";
import { ListenerWatch } from "./listener-watch.ts";
import { readListeners } from "./listeners.ts";

/** That many events fit below the watch's mark, so the listeners need not be looked at before each. */
const LOOK_EVERY = 32;
const WAIT_MS = 2;
/** A listener that reads nothing for so long is broken or hostile; it shall not hold up its container's other events for ever. */
const PATIENCE_MS = 3_000;

/** What was seen of the listeners while waiting for them. */
export interface Pace {
  /** Listeners that were given up now. */
  readonly stuck: number;
  /** Messages that listeners missed since the look before. */
  readonly dropped: number;
  /** The first that were missed in this container. */
  readonly first: boolean;
}

interface Container {
  sinceLook: number;
  missed: boolean;
  readonly watch: ListenerWatch;
}

const NOTHING: Pace = { stuck: 0, dropped: 0, first: false };

/**
 * Keeps a container's listeners from overflowing. An overflow is invisible to the sender, and a listener in a user namespace
 * cannot enlarge its buffer.
 */
export class Pacer {
  readonly #containers = new Map<string, Container>();
  readonly #listeners: (pid: number) => UeventListener[];
  readonly #patienceMs: number;

  constructor(listeners: (pid: number) => UeventListener[] = readListeners, patienceMs = PATIENCE_MS) {
    this.#listeners = listeners;
    this.#patienceMs = patienceMs;
  }

  /** Waits, where need be, until the listeners of the container have read enough, or some are given up. */
  async ready(instance: string, pid: number): Promise<Pace> {
    const container = this.#containers.get(instance) ?? { sinceLook: 0, missed: false, watch: new ListenerWatch() };
    this.#containers.set(instance, container);
    container.sinceLook += 1;
    if (container.sinceLook < LOOK_EVERY) return NOTHING;
    container.sinceLook = 0;
    const { stuck, dropped } = await this.#waitForAll(container.watch, pid);
    const first = dropped > 0 && !container.missed;
    container.missed ||= dropped > 0;
    return { stuck, dropped, first };
  }

  forget(instance: string): void {
    this.#containers.delete(instance);
  }

  async #waitForAll(watch: ListenerWatch, pid: number): Promise<{ stuck: number; dropped: number }> {
    const deadline = performance.now() + this.#patienceMs;
    for (let dropped = 0; ; ) {
      const seen = watch.look(this.#read(pid));
      dropped += seen.dropped;
      if (seen.behind.length === 0) return { stuck: 0, dropped };
      if (performance.now() > deadline) {
        watch.giveUp(seen.behind);
        return { stuck: seen.behind.length, dropped };
      }
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }

  #read(pid: number): UeventListener[] {
    try {
      return this.#listeners(pid);
    } catch {
      // The container is gone; the send itself will say so.
      return [];
    }
  }
}
