import { countLeftovers, type Leftovers } from "../../support/leaks.ts";
import { until } from "../../support/until.ts";
import type { Host } from "./host.ts";

/** Descriptors that a service at rest may have open at one time and not at another: a file being read, a connection being made. */
const SLACK = 3;
const DEADLINE_MS = 60_000;

/**
 * With nothing plugged in and nobody running, the services hold what they held when they were new: no descriptor (a namespace, a
 * process, a program) more, no mount, no node, no BPF program.
 */
export class LeakWatch {
  readonly #new: Leftovers;

  private constructor(first: Leftovers) {
    this.#new = first;
  }

  static async begin(host: Host): Promise<LeakWatch> {
    let first: Leftovers | undefined;
    const counted = async () => {
      first = await countLeftovers(host.stack).catch(() => undefined);
      return first !== undefined;
    };
    await until(counted, "a heartbeat of every service");
    return new LeakWatch(first as unknown as Leftovers);
  }

  /** @throws when after a while there is still more than there was */
  async check(host: Host): Promise<void> {
    let found: string[] = [];
    const clean = async () => {
      // A service that was just killed has no latest heartbeat yet.
      found = await countLeftovers(host.stack).then(
        (now) => more(this.#new, now),
        (error: Error) => [error.message],
      );
      return found.length === 0;
    };
    await until(clean, "everything to be let go", DEADLINE_MS).catch(() => {
      throw new Error(`left behind: ${found.join(", ")}`);
    });
  }
}

function more(before: Leftovers, now: Leftovers): string[] {
  const plain = (["grants", "mounts", "programs", "hostNodes"] as const).flatMap((what) =>
    now[what] > before[what] ? [`${what}: ${before[what]} became ${now[what]}`] : [],
  );
  const descriptors = Object.entries(now.descriptors).flatMap(([role, count]) => {
    const first = before.descriptors[role] ?? 0;
    return count > first + SLACK ? [`descriptors of ${role}: ${first} became ${count}`] : [];
  });
  return [...plain, ...descriptors];
}
