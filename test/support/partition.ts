import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoopDevice } from "./loop.ts";

/** Sectors of 512 bytes. */
const SIZE = 8;
const MOST = 200;
const SHOWN = 1;
const TRIES = 500;

/**
 * The first partition of a loop device, which comes and goes. The kernel gives a partition the number that is free
 * (blk_alloc_ext_minor): it is at the same devpath in each of its lives, and under another number where somebody took the old one.
 */
export interface LonePartition {
  readonly devpath: string;
  /** `259:3`, that of its last life while it is not there; undefined before the first. */
  readonly number: string | undefined;
  /** Numbers that it had, and that are or may be somebody else's now. */
  readonly former: ReadonlySet<string>;
  plug(): void;
  unplug(): void;
  /** Unplugs it, has another partition take its number, and plugs it again. */
  renumber(): void;
  /** Takes out those that took its numbers. */
  clear(): void;
  close(): void;
}

export function openPartition(disk: LoopDevice): LonePartition {
  const directory = mkdtempSync(join(tmpdir(), "udevns-partition-"));
  const image = join(directory, "image");
  writeFileSync(image, "");
  truncateSync(image, (MOST + 1) * SIZE * 512);
  const node = `/dev/${disk.name}`;
  execFileSync("losetup", [node, image]);
  const fillers: number[] = [];
  const former = new Set<string>();
  let number: string | undefined;
  let isPlugged = false;
  const add = (partition: number): string => {
    execFileSync("addpart", [node, `${partition}`, `${partition * SIZE}`, `${SIZE}`]);
    return readFileSync(`/sys${disk.devpath}/${disk.name}p${partition}/dev`, "utf8").trim();
  };
  const plug = () => {
    if (number !== undefined) former.add(number);
    number = add(SHOWN);
    former.delete(number);
    isPlugged = true;
  };
  const unplug = () => {
    if (isPlugged) remove(node, SHOWN);
    isPlugged = false;
  };
  const clear = () => {
    for (const filler of fillers.splice(0)) remove(node, filler);
  };
  return {
    devpath: `${disk.devpath}/${disk.name}p${SHOWN}`,
    get number() {
      return number;
    },
    former,
    plug,
    unplug,
    renumber: () => {
      const old = number as string;
      unplug();
      takeNumber(old, () => {
        // What gets another number keeps it, so that the next one comes nearer.
        fillers.push(SHOWN + 1 + fillers.length);
        return add(fillers.at(-1) as number);
      });
      plug();
    },
    clear,
    close: () => {
      clear();
      unplug();
      execFileSync("losetup", ["-d", node]);
      rmSync(directory, { recursive: true });
    },
  };
}

/** A number is free when nobody on this kernel looks at its last bearer any more, which may be a moment after its end. */
function takeNumber(wanted: string, addAnother: () => string): void {
  for (let left = MOST; left > 0; left -= 1) {
    if (addAnother() === wanted) return;
    pause(5);
  }
  throw new Error(`${wanted} is not free`);
}

const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** A udevd on this kernel may look at any new device for a moment, and then it is busy. */
function remove(node: string, partition: number): void {
  for (let left = TRIES; ; left -= 1) {
    try {
      execFileSync("delpart", [node, `${partition}`], { stdio: "pipe" });
      return;
    } catch (error) {
      if (left === 0) throw error;
      pause(10);
    }
  }
}
