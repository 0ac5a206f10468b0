import type { UeventListener } from "@udevns/uevent";

/** The default receive buffer is 212,992 bytes, and a 300-byte event is charged with 1.3 kB of it. */
const HIGH_WATER_BYTES = 96 * 1024;

/** What a look at a container's listeners showed. */
export interface Look {
  /** Port ids of those to wait for. */
  readonly behind: readonly number[];
  /** Messages that found a listener full since the look before. */
  readonly dropped: number;
}

/** Decides which of one container's listeners to wait for. */
export class ListenerWatch {
  readonly #stuck = new Set<number>();
  #drops: ReadonlyMap<number, number> = new Map();

  look(listeners: readonly UeventListener[]): Look {
    const full = new Set(listeners.filter(isFull).map(({ portId }) => portId));
    // Only one that has caught up is waited for again: reading now and then a single event would hold up the others each time.
    for (const portId of this.#stuck) if (!full.has(portId)) this.#stuck.delete(portId);
    // What it missed before it was seen first is not for us to count.
    const dropped = listeners.reduce(
      (sum, { portId, drops }) => sum + Math.max(0, drops - (this.#drops.get(portId) ?? drops)),
      0,
    );
    this.#drops = new Map(listeners.map(({ portId, drops }) => [portId, drops]));
    return { behind: [...full].filter((portId) => !this.#stuck.has(portId)), dropped };
  }

  /** These read nothing for too long; they are not waited for again until they have. */
  giveUp(portIds: readonly number[]): void {
    for (const portId of portIds) this.#stuck.add(portId);
  }
}

const isFull = ({ unreadBytes }: UeventListener): boolean => unreadBytes > HIGH_WATER_BYTES;
