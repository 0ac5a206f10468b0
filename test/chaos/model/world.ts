import { seededRandom } from "../../support/random.ts";
import { type Action, type ContainerName, containers } from "./action.ts";

/** What the test has made of the host, and what follows from it for who shall have what. */
export interface World {
  readonly plugged: ReadonlySet<number>;
  readonly policy: number;
  readonly claims: ReadonlyMap<number, ContainerName>;
  readonly running: ReadonlySet<ContainerName>;
  /** How often the server's store was lost. */
  readonly losses: number;
}

/** Belongs to every container and stays: what reaches it last has come after everything else. */
export const MARKER = 0;
/** A partition, whose number the kernel chooses. The others are whole disks, whose number is in their name. */
export const PARTITION = 8;
export const DEVICES = 9;

export const emptyWorld: World = { plugged: new Set(), policy: 0, claims: new Map(), running: new Set(), losses: 0 };

const choices: readonly (readonly ContainerName[])[] = [[], ["plain"], ["userns"], ["udevless"], containers];

/** Whom a policy gives a device: nobody, one, or all. */
export function givenBy(policy: number, device: number): readonly ContainerName[] {
  if (device === MARKER) return containers;
  return seededRandom(policy * 1_000 + device).of(choices);
}

/** Whose the device is when it is plugged in, while they run. */
export function ownersOf(world: World, device: number): readonly ContainerName[] {
  const claimed = world.claims.get(device);
  return claimed === undefined ? givenBy(world.policy, device) : [claimed];
}

export const mayHave = (world: World, container: ContainerName, device: number): boolean =>
  world.running.has(container) && ownersOf(world, device).includes(container);

export const has = (world: World, container: ContainerName, device: number): boolean =>
  world.plugged.has(device) && mayHave(world, container, device);

/** What an action makes of the world; the same world where it makes no difference to it. */
export function after(world: World, action: Action): World {
  switch (action.kind) {
    case "plug":
      return { ...world, plugged: new Set([...world.plugged, action.device]) };
    case "unplug":
      return { ...world, plugged: without(world.plugged, action.device) };
    case "policy":
      return { ...world, policy: action.number };
    case "claim":
      return { ...world, claims: new Map([...world.claims, [action.device, action.container]]) };
    case "release":
      return { ...world, claims: new Map([...world.claims].filter(([device]) => device !== action.device)) };
    case "start":
      return { ...world, running: new Set([...world.running, action.container]) };
    case "stop":
      return { ...world, running: without(world.running, action.container) };
    // Claims are in the store alone. What policy, containers and devices are is known elsewhere too.
    case "lose":
      return { ...world, claims: new Map(), losses: world.losses + 1 };
    case "replug":
    case "renumber":
    case "change":
    case "deafen":
    case "pause":
    case "resume":
    case "kill":
    case "freeze":
    case "thaw":
    case "clock":
    case "wait":
      return world;
    default:
      return action satisfies never;
  }
}

/** False for what cannot be done in that world. */
export function isPossible(world: World, action: Action): boolean {
  switch (action.kind) {
    case "plug":
      return !world.plugged.has(action.device);
    case "unplug":
    case "replug":
      return action.device !== MARKER && world.plugged.has(action.device);
    case "renumber":
      return action.device === PARTITION && world.plugged.has(action.device);
    case "change":
      return world.plugged.has(action.device);
    case "claim":
      return action.device !== MARKER && world.plugged.has(action.device);
    case "release":
      return world.claims.has(action.device);
    case "start":
      return !world.running.has(action.container);
    case "stop":
    case "deafen":
    case "pause":
      return world.running.has(action.container);
    case "policy":
    case "kill":
    case "freeze":
    case "thaw":
    case "resume":
    case "lose":
    case "clock":
    case "wait":
      return true;
    default:
      return action satisfies never;
  }
}

const without = <T>(set: ReadonlySet<T>, gone: T): Set<T> => new Set([...set].filter((one) => one !== gone));
