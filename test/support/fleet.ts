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
  /** Where what the owner heard of a device first differs from what it should have heard; empty when all is right. */
  faults(): Record<string, Fault>;
  /** Waits until the owner has heard all, exactly once and in order, and its /dev has the plugged devices and no others. */
  settle(deadlineMs?: number): Promise<void>;
  close(): void;
}

interface Fault {
  readonly at: number;
  readonly expected: readonly string[];
  readonly heard: readonly string[];
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
    const found: Record<string, Fault> = {};
    for (const devpath of new Set(lives.map(({ zram }) => zram.devpath))) {
      // The kernel gives a freed number to the next device, so one devpath may have had several lives.
      const expected = lives.filter(({ zram }) => zram.devpath === devpath).flatMap((life) => life.expected);
      const heard = heardOf(devpath);
      if (heard.join() !== expected.join()) found[devpath] = firstFault(expected, heard);
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

function firstFault(expected: readonly string[], heard: readonly string[]): Fault {
  const differs = expected.findIndex((label, index) => heard[index] !== label);
  const at = differs < 0 ? expected.length : differs;
  const around = (labels: readonly string[]) => labels.slice(Math.max(0, at - 2), at + 4);
  return { at, expected: around(expected), heard: around(heard) };
}
