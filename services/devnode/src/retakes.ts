import type { Taking } from "./made.ts";
import type { Registry } from "./registry.ts";

const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 3_000;

interface Retake {
  timer: NodeJS.Timeout;
  delay: number;
}

/**
 * Tries takes that failed again, less and less often. Nothing tells when a file system can be written to again, or when a cgroup
 * answers.
 */
export class Retakes {
  readonly #registry: Registry;
  readonly #again: (taking: Taking) => void;
  readonly #open = new Map<string, Retake>();
  #closed = false;

  /** @param again shall end in another call of `follow` */
  constructor(registry: Registry, again: (taking: Taking) => void) {
    this.#registry = registry;
    this.#again = again;
  }

  /** Looks after a device that is, or was, in state `taking`. */
  follow(instance: string, devpath: string): void {
    const key = JSON.stringify([instance, devpath]);
    const known = this.#open.get(key);
    clearTimeout(known?.timer);
    if (this.#registry.get(instance, devpath)?.state !== "taking") {
      this.#open.delete(key);
      return;
    }
    if (this.#closed) return;
    const delay = Math.min(known === undefined ? FIRST_DELAY_MS : known.delay * 2, LAST_DELAY_MS);
    this.#open.set(key, { delay, timer: setTimeout(() => this.#retry(key, instance, devpath), delay) });
  }

  /** One line for `udevns status`; undefined when there are none. */
  describe(): string | undefined {
    const texts = this.#registry
      .takings()
      .map(({ order: { container, device } }) => `${device.devname ?? device.devpath} from ${container.name}`);
    return texts.length === 0 ? undefined : `cannot be taken yet: ${texts.join(", ")}`;
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }

  #retry(key: string, instance: string, devpath: string): void {
    const made = this.#registry.get(instance, devpath);
    if (made?.state === "taking") this.#again(made);
    else this.#open.delete(key);
  }
}
