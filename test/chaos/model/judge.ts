import { type ContainerName, containers } from "./action.ts";
import { DEVICES, has, mayHave, type World } from "./world.ts";

/** `add`, `change 7`, `remove`. */
export type Label = string;

/** What happened in one round, for one device. */
export interface Slice {
  /** What the kernel said. */
  readonly said: readonly Label[];
  /** What the container heard from udevns. */
  readonly heard: readonly Label[];
}

export interface Fault {
  readonly container: ContainerName;
  readonly device: number;
  readonly what: string;
  readonly slice: Slice;
}

/**
 * Judges what the containers heard in a round.
 * @param worlds as they were in the round, the one at its beginning first
 * @param lossy whether the kernel's events may be lost before anybody has them
 */
export function judge(
  worlds: readonly World[],
  sliceOf: (container: ContainerName, device: number) => Slice | undefined,
  lossy = false,
): Fault[] {
  const faults: Fault[] = [];
  for (const container of containers)
    for (let device = 0; device < DEVICES; device += 1) {
      const slice = sliceOf(container, device);
      const what = slice && judgeSlice(worlds, container, device, slice, lossy);
      if (slice !== undefined && what !== undefined) faults.push({ container, device, what, slice });
    }
  return faults;
}

/**
 * Where nobody touched whose the device is, the container has heard exactly what the kernel said, or nothing. Where somebody did,
 * nobody can say which of the events came before and which behind it: then what it heard must make sense. The same holds where the
 * server lost its store, and with it who has what: a device may be taken back and given anew.
 * @returns what is wrong
 */
function judgeSlice(
  worlds: readonly World[],
  container: ContainerName,
  device: number,
  slice: Slice,
  lossy: boolean,
): string | undefined {
  const [first, last] = [worlds[0] as World, worlds.at(-1) as World];
  const may = new Set(worlds.map((world) => mayHave(world, container, device)));
  if (!may.has(true)) return slice.heard.length === 0 ? undefined : "it heard what is not for it";
  if (!lossy && !may.has(false) && first.losses === last.losses)
    return slice.heard.join() === slice.said.join() ? undefined : "it heard something else";
  // One that was started has not heard what the one before it of that name did.
  const isNew = worlds.some(({ running }) => !running.has(container));
  return whatMakesNoSense(slice, !isNew && has(first, container, device), has(last, container, device));
}

/** @param had whether the container had the device when the round began, and `has` when it ended */
export function whatMakesNoSense({ said, heard }: Slice, had: boolean, has: boolean): string | undefined {
  let holds = had;
  let changes = -1;
  for (const label of heard) {
    if (label === "add" ? holds : !holds) return `${label} makes no sense there`;
    if (label === "add") holds = true;
    else if (label === "remove") holds = false;
    else {
      const at = said.indexOf(label);
      if (at <= changes) return `${label} came twice, or out of order, or was never said`;
      changes = at;
    }
  }
  if (holds !== has)
    return has ? "it does not know that it has the device" : "it does not know that the device is gone";
  return undefined;
}
