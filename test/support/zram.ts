import { readFileSync, writeFileSync } from "node:fs";

const CONTROL = "/sys/class/zram-control";

/** A real block device that the kernel plugs in and out on request (Documentation/admin-guide/blockdev/zram.rst). */
export interface Zram {
  readonly name: string;
  readonly devpath: string;
  /** The second call does nothing. */
  unplug(): void;
}

export function plugZram(): Zram {
  const id = readFileSync(`${CONTROL}/hot_add`, "utf8").trim();
  let plugged = true;
  return {
    name: `zram${id}`,
    devpath: `/devices/virtual/block/zram${id}`,
    unplug: () => {
      if (plugged) writeFileSync(`${CONTROL}/hot_remove`, id);
      plugged = false;
    },
  };
}
