import { readFileSync } from "node:fs";
import { parseListeners } from "@udevns/uevent";
import type { Registry } from "./registry.ts";

const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 300;

/**
 * Containers that have devices of which nobody in there has heard yet: their udevd is not up. The kernel has no event for a socket
 * that begins to listen, so the table of sockets is looked at, less and less often.
 */
export class Coldplug {
  readonly #waiting = new Set<string>();
  readonly #registry: Registry;
  readonly #onListener: (instance: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #delay = FIRST_LOOK_MS;

  /** @param onListener called once for a container that waited */
  constructor(registry: Registry, onListener: (instance: string) => void) {
    this.#registry = registry;
    this.#onListener = onListener;
  }

  has(instance: string): boolean {
    return this.#waiting.has(instance);
  }

  wait(instance: string): void {
    this.#waiting.add(instance);
    this.#delay = FIRST_LOOK_MS;
    this.#timer ??= setTimeout(() => this.#look(), this.#delay);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #look(): void {
    for (const instance of this.#waiting) {
      const pid = this.#registry.of(instance)[0]?.order.container.pid;
      if (pid !== undefined && !somebodyListens(pid)) continue;
      this.#waiting.delete(instance);
      this.#onListener(instance);
    }
    this.#delay = Math.min(this.#delay * 1.5, LAST_LOOK_MS);
    this.#timer = this.#waiting.size === 0 ? undefined : setTimeout(() => this.#look(), this.#delay);
  }
}

/** True also where the container is gone: then there is nothing to wait for. */
function somebodyListens(pid: number): boolean {
  try {
    return parseListeners(readFileSync(`/proc/${pid}/net/netlink`, "utf8")).some(({ groups }) => (groups & 1) !== 0);
  } catch {
    return true;
  }
}
