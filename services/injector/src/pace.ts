import { readListeners } from "./listeners.ts";

/** The default receive buffer is 212,992 bytes, and a 300-byte event is charged with 1.3 kB of it. */
const HIGH_WATER_BYTES = 96 * 1024;
/** That many events fit below the mark, so the listeners need not be looked at before each. */
const LOOK_EVERY = 32;
const WAIT_MS = 2;
/** A listener that reads nothing for so long is broken or hostile; it shall not hold up its container's other events for ever. */
const PATIENCE_MS = 3_000;

/**
 * Keeps a container's listeners from overflowing. An overflow is invisible to the sender, and a listener in a user namespace
 * cannot enlarge its buffer.
 */
export class Pacer {
  readonly #sinceLook = new Map<string, number>();

  /**
   * Waits, where need be, until the listeners of the container have read enough.
   * @returns false when one did not read in time
   */
  async ready(instance: string, pid: number): Promise<boolean> {
    const sent = (this.#sinceLook.get(instance) ?? 0) + 1;
    this.#sinceLook.set(instance, sent);
    if (sent < LOOK_EVERY) return true;
    this.#sinceLook.set(instance, 0);
    const deadline = Date.now() + PATIENCE_MS;
    while (isFull(pid)) {
      if (Date.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    return true;
  }

  forget(instance: string): void {
    this.#sinceLook.delete(instance);
  }
}

function isFull(pid: number): boolean {
  try {
    return readListeners(pid).some(({ unreadBytes }) => unreadBytes > HIGH_WATER_BYTES);
  } catch {
    // The container is gone; the send itself will say so.
    return false;
  }
}
