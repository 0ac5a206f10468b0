import { parseJson, tap } from "@udevns/bus";
import { checked, type Hops, subjects, WorkResult } from "@udevns/protocol";
import type { Stack } from "../../support/stack.ts";
import { type Distribution, distribution } from "../statistics.ts";

const STEPS = ["received", "capture", "policy", "devnode", "inject"] as const satisfies readonly (keyof Hops)[];

/** µs from one service's stamp to the next one's, of the injector's results; the bus between the two is part of it. */
export interface HopTimes {
  figures(): Record<string, Distribution>;
  stop(): void;
}

export async function watchHops({ bus, host }: Pick<Stack, "bus" | "host">): Promise<HopTimes> {
  const seen: Hops[] = [];
  const stop = tap(bus, subjects.results(host), (subject, data) => {
    const { role, hops } = checked(WorkResult, parseJson(data, subject), subject);
    if (role === "inject") seen.push(hops);
  });
  await bus.nc.flush();
  return { figures: () => hopTimes(seen), stop };
}

function hopTimes(seen: readonly Hops[]): Record<string, Distribution> {
  const between = (from: keyof Hops, to: keyof Hops) =>
    distribution(seen.flatMap(({ [from]: a, [to]: b }) => (a === undefined || b === undefined ? [] : [b - a])));
  const steps = STEPS.slice(1).map((step, index) => {
    const from = STEPS[index] as keyof Hops;
    return [`${from} → ${step}`, between(from, step)] as const;
  });
  return Object.fromEntries([...steps, ["received → inject", between("received", "inject")]]);
}
