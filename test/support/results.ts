import { parseJson, tap } from "@udevns/bus";
import { checked, subjects, WorkResult } from "@udevns/protocol";
import type { Stack } from "./stack.ts";

/** What came of each order from now on. */
export async function collectResults(
  stack: Pick<Stack, "bus" | "host">,
): Promise<{ all: WorkResult[]; of(devpath: string, container: string): WorkResult[] }> {
  const all: WorkResult[] = [];
  tap(stack.bus, subjects.results(stack.host), (subject, data) => {
    all.push(checked(WorkResult, parseJson(data, subject), subject));
  });
  await stack.bus.nc.flush();
  return {
    all,
    of: (devpath, container) => all.filter((result) => result.devpath === devpath && result.container === container),
  };
}
