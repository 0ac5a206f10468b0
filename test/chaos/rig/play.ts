import { until } from "../../support/until.ts";
import type { Action, ContainerName, Round } from "../model/action.ts";
import { type Fault, judge, type Slice } from "../model/judge.ts";
import { after, MARKER, type World } from "../model/world.ts";
import type { Host } from "./host.ts";
import { levelDifferences } from "./levels.ts";
import { differences } from "./reality.ts";

/** Restarts, leases, and a listener that nobody reads: each takes seconds, and the machine may be busy. */
const DEADLINE_MS = 60_000;

/** Plays a round and compares what came of it with what should have. @returns the world after it */
export async function playRound(host: Host, world: World, round: Round): Promise<World> {
  const worlds = [world];
  host.turnPage();
  for (const action of round) {
    await perform(host, action);
    worlds.push(after(worlds.at(-1) as World, action));
  }
  host.thawAll();
  await host.settled();
  host.resumeAll();
  const last = worlds.at(-1) as World;
  await until(() => wrong(host, worlds).length === 0, "the host to come to rest", DEADLINE_MS).catch(() => undefined);
  let levels: string[] = [];
  const levelsMatch = async () => {
    levels = await levelDifferences(host, last).catch((error: Error) => [error.message]);
    return levels.length === 0;
  };
  await until(levelsMatch, "the levels to be written down", DEADLINE_MS).catch(() => undefined);
  // What comes behind the mark would come too late to be seen.
  if (last.plugged.has(MARKER)) {
    const marks = () => {
      const heard = [...last.running].every((name) => heardAll(host, name));
      // It may be lost itself.
      if (!heard && host.isTight) host.change(MARKER);
      return heard;
    };
    host.change(MARKER);
    await until(marks, "the mark to be heard", DEADLINE_MS).catch(() => undefined);
    // Where nobody is there to hear it, what lies before it would be told to whoever is started next.
    if (last.running.size === 0) await until(() => host.isDecided(), "the mark to be decided", DEADLINE_MS);
  }
  const faults = [...wrong(host, worlds), ...levels];
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return last;
}

async function perform(host: Host, action: Action): Promise<void> {
  switch (action.kind) {
    case "plug":
      return host.plug(action.device);
    case "unplug":
      return host.unplug(action.device);
    case "replug":
      host.unplug(action.device);
      return host.plug(action.device);
    case "renumber":
      return host.renumber(action.device);
    case "change":
      return host.change(action.device);
    case "policy":
      return host.usePolicy(action.number);
    case "claim":
      return host.claim(action.device, action.container);
    case "release":
      return host.claim(action.device, undefined);
    case "start":
      return host.start(action.container);
    case "stop":
      return host.stopGuest(action.container);
    case "deafen":
      return host.deafen(action.container);
    case "pause":
      return host.pause(action.container);
    case "resume":
      return host.resume(action.container);
    case "lose":
      return host.loseStore();
    case "kill":
      return host.kill(action.victim);
    case "freeze":
      return host.freeze(action.victim);
    case "thaw":
      return host.thaw(action.victim);
    case "clock":
      return host.clock.set(action.seconds);
    case "wait":
      return await new Promise((resolve) => setTimeout(resolve, action.ms));
    default:
      return action satisfies never;
  }
}

function heardAll(host: Host, name: ContainerName): boolean {
  return sliceOf(host, name, MARKER)?.heard.at(-1) === host.said(MARKER).at(-1);
}

function sliceOf(host: Host, name: ContainerName, device: number): Slice | undefined {
  const guest = host.guests.get(name);
  return guest && { said: host.said(device), heard: guest.heard(host.devpath(device)) };
}

function wrong(host: Host, worlds: readonly World[]): string[] {
  const faults = judge(worlds, (name, device) => sliceOf(host, name, device), host.isTight);
  return [...faults.map(inWords), ...differences(host, worlds.at(-1) as World)];
}

const inWords = ({ container, device, what, slice: { said, heard } }: Fault): string =>
  `${container}, device ${device}: ${what}\n  the kernel said ${said.join(", ")}\n  it heard        ${heard.join(", ")}`;
