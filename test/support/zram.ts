import { readFileSync, writeFileSync } from "node:fs";

const CONTROL = "/sys/class/zram-control";

/** A real block device that the kernel plugs in and out on request (Documentation/admin-guide/blockdev/zram.rst). */
export interface Zram {
  readonly name: string;
  readonly devpath: string;
  /** As sysfs writes it: `253:0`. The kernel gives out the major number anew on each machine. */
  readonly devnum: string;
  /** The second call does nothing. */
  unplug(): void;
}

export function plugZram(): Zram {
  const id = readFileSync(`${CONTROL}/hot_add`, "utf8").trim();
  let plugged = true;
  return {
    name: `zram${id}`,
    devpath: `/devices/virtual/block/zram${id}`,
    devnum: readFileSync(`/sys/block/zram${id}/dev`, "utf8").trim(),
    unplug: () => {
      if (plugged) remove(id);
      plugged = false;
    },
  };
}

/** A udevd on this kernel may look at any new device for a moment, and then it is busy. */
function remove(id: string): void {
  for (let left = 500; ; left -= 1) {
    try {
      writeFileSync(`${CONTROL}/hot_remove`, id);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== "EBUSY" || left === 0) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
