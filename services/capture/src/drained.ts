import type { UeventMonitor } from "@udevns/native";

const QUIET_MS = 20;
const MAX_TURNS = 100;

/** Resolves when nothing more waits in the monitor's socket; after two seconds of a storm also then. */
export async function drained(monitor: UeventMonitor): Promise<void> {
  let before = -1;
  for (let turn = 0; turn < MAX_TURNS && monitor.stats().received !== before; turn += 1) {
    before = monitor.stats().received;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}
