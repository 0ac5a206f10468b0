import { type Listener, listenIn } from "./listener.ts";
import { labelOf, pokeUevent } from "./synthetic.ts";
import type { Throwaway } from "./throwaway.ts";
import { until } from "./until.ts";
import { plugZram } from "./zram.ts";

/** A real device that the test has plugged in. */
export interface Plugged {
  readonly name: string;
  readonly devpath: string;
  unplug(): void;
}

/** Real devices that come, change and go, and what their owner must have heard of them in the end. */
export interface Fleet {
  readonly plugged: readonly Plugged[];
  plug(): Plugged;
  change(device: Plugged): void;
  unplug(device: Plugged): void;
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

/** @param plugOne plugs the next device in */
export function startFleet(owner: Throwaway, plugOne: () => Plugged = plugZram): Fleet {
  const listener: Listener = listenIn(owner);
  const plugged: Plugged[] = [];
  const lives: { device: Plugged; expected: string[] }[] = [];
  let changes = 0;
  const lifeOf = (device: Plugged) => lives.find((life) => life.device === device);
  const heardOf = (path: string) =>
    listener.events.filter(({ injected, devpath }) => injected && devpath === path).map(labelOf);
  const faults = () => {
    const found: Record<string, Fault> = {};
    for (const devpath of new Set(lives.map(({ device }) => device.devpath))) {
      // The kernel gives a freed number to the next device, so one devpath may have had several lives.
      const expected = lives.filter(({ device }) => device.devpath === devpath).flatMap((life) => life.expected);
      const heard = heardOf(devpath);
      if (heard.join() !== expected.join()) found[devpath] = firstFault(expected, heard);
    }
    return found;
  };
  const nodesMatch = async () => {
    const { stdout } = await owner.run("ls /dev");
    const present = new Set(stdout.split("\n"));
    const names = new Set(lives.map(({ device }) => device.name));
    return [...names].every((name) => present.has(name) === plugged.some((device) => device.name === name));
  };
  return {
    plugged,
    plug: () => {
      const device = plugOne();
      plugged.push(device);
      lives.push({ device, expected: ["add"] });
      return device;
    },
    change: (device) => {
      const number = changes++;
      pokeUevent(device.devpath, number);
      lifeOf(device)?.expected.push(`change ${number}`);
    },
    unplug: (device) => {
      device.unplug();
      plugged.splice(plugged.indexOf(device), 1);
      lifeOf(device)?.expected.push("remove");
    },
    faults,
    settle: async (deadlineMs = 60_000) => {
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
      for (const device of [...plugged]) device.unplug();
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
