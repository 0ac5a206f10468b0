import { type Listener, listenIn } from "./listener.ts";
import { labelOf, pokeUevent } from "./synthetic.ts";
import type { Throwaway } from "./throwaway.ts";
import { until } from "./until.ts";
import { plugZram, type Zram } from "./zram.ts";

/** Real devices that come, change and go, and what their owner must have heard of them in the end. */
export interface Fleet {
  readonly plugged: readonly Zram[];
  plug(): Zram;
  change(zram: Zram): void;
  unplug(zram: Zram): void;
  /** What the owner has not heard, heard twice or heard out of order, by device; empty when all is right. */
  faults(): Record<string, { expected: string[]; heard: string[] }>;
  /** Waits until the owner has heard all, exactly once and in order, and its /dev has the plugged devices and no others. */
  settle(deadlineMs?: number): Promise<void>;
  close(): void;
}

export function startFleet(owner: Throwaway): Fleet {
  const listener: Listener = listenIn(owner);
  const plugged: Zram[] = [];
  const lives: { zram: Zram; expected: string[] }[] = [];
  let changes = 0;
  const lifeOf = (zram: Zram) => lives.find((life) => life.zram === zram);
  const heardOf = (path: string) =>
    listener.events.filter(({ injected, devpath }) => injected && devpath === path).map(labelOf);
  const faults = () => {
    const found: Record<string, { expected: string[]; heard: string[] }> = {};
    for (const devpath of new Set(lives.map(({ zram }) => zram.devpath))) {
      // The kernel gives a freed number to the next device, so one devpath may have had several lives.
      const expected = lives.filter(({ zram }) => zram.devpath === devpath).flatMap((life) => life.expected);
      const heard = heardOf(devpath);
      if (heard.join() !== expected.join()) found[devpath] = { expected, heard };
    }
    return found;
  };
  const nodesMatch = async () => {
    const { stdout } = await owner.run("ls /dev");
    const present = new Set(stdout.split("\n"));
    const names = new Set(lives.map(({ zram }) => zram.name));
    return [...names].every((name) => present.has(name) === plugged.some((zram) => zram.name === name));
  };
  return {
    plugged,
    plug: () => {
      const zram = plugZram();
      plugged.push(zram);
      lives.push({ zram, expected: ["add"] });
      return zram;
    },
    change: (zram) => {
      const number = changes++;
      pokeUevent(zram.devpath, number);
      lifeOf(zram)?.expected.push(`change ${number}`);
    },
    unplug: (zram) => {
      zram.unplug();
      plugged.splice(plugged.indexOf(zram), 1);
      lifeOf(zram)?.expected.push("remove");
    },
    faults,
    settle: async (deadlineMs = 30_000) => {
      await until(
        () => Object.keys(faults()).length === 0,
        "the owner to have heard everything once",
        deadlineMs,
      ).catch((error: Error) => {
        throw new Error(`${error.message}\n${JSON.stringify(faults(), null, 1)}`);
      });
      await until(nodesMatch, "the owner's /dev to match", deadlineMs);
    },
    close: () => {
      for (const zram of [...plugged]) zram.unplug();
      listener.close();
    },
  };
}
