import { runGateProgram } from "@udevns/service";
import { NotClosed } from "./not-closed.ts";

/** Closes a network namespace by udevns-gate. @throws NotClosed */
export async function closeByBpf(netns: string): Promise<void> {
  try {
    await runGateProgram("load");
  } catch (error) {
    throw new NotClosed(error, false);
  }
  try {
    await runGateProgram("add", netns);
  } catch (error) {
    // One that was killed for its slowness may have come to its end.
    throw new NotClosed(error, true);
  }
}

/** @throws Error when it may still be closed */
export const openByBpf = async (netns: string): Promise<void> => void (await unlessNotLoaded(["del", netns]));

/** How many events were dropped, by network namespace, of those that are closed. @throws Error when that cannot be known */
export async function droppedByNamespace(): Promise<Map<string, number>> {
  const list = (await unlessNotLoaded(["list", "--json"])) ?? "[]";
  const counts = JSON.parse(list) as { netns: number; dropped: number }[];
  return new Map(counts.map(({ netns, dropped }) => [String(netns), dropped]));
}

/** Somebody may have added namespaces by hand. */
export async function unloadIfEmpty(): Promise<void> {
  if ((await unlessNotLoaded(["list", "--json"]))?.trim() === "[]") await runGateProgram("unload");
}

/** @returns what it prints; undefined where the gate is not loaded, and so nothing closed */
async function unlessNotLoaded(args: readonly string[]): Promise<string | undefined> {
  try {
    return await runGateProgram(...args);
  } catch (error) {
    if (/\bnot loaded\b/.test((error as Error).message)) return undefined;
    throw error;
  }
}
