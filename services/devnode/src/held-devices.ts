import type { DeviceWork, Devnum, Holder } from "@udevns/protocol";
import { isStillHeld } from "./open-files.ts";

interface Held extends Holder {
  readonly container: string;
  readonly node: string;
  readonly devnum: Devnum;
}

const keyOf = ({ pid, fd, devnum: { type, major, minor } }: Held): string => `${pid} ${fd} ${type}${major}:${minor}`;

/** Devices that containers have lost and still use, for as long as they do. */
export class HeldDevices {
  #held: readonly Held[] = [];

  note(order: DeviceWork, holders: readonly Holder[]): void {
    const { container, device } = order;
    const { devnum, devname } = device;
    if (devnum === undefined || devname === undefined || holders.length === 0) return;
    const held = holders.map((holder) => ({ ...holder, container: container.name, node: devname, devnum }));
    const known = new Set(held.map(keyOf));
    // Taken, given and taken again, the same file is found twice.
    this.#held = [...this.#held.filter((one) => !known.has(keyOf(one))), ...held];
  }

  /** One line for `udevns status`; undefined when there are none. */
  async describe(): Promise<string | undefined> {
    const looked = this.#held;
    const still = await Promise.all(looked.map((held) => isStillHeld(held, held.devnum)));
    const closed = new Set(looked.filter((_, index) => !still[index]));
    this.#held = this.#held.filter((held) => !closed.has(held));
    if (this.#held.length === 0) return undefined;
    const texts = this.#held.map(
      ({ node, container, command, pid, fd }) => `${node} by ${command} (pid ${pid}, fd ${fd}) in ${container}`,
    );
    return `still open though taken: ${texts.join(", ")}`;
  }
}
