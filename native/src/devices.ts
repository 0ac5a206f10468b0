import { randomInt } from "node:crypto";
import { binding } from "./binding.ts";
import { attempt, NativeError } from "./error.ts";

/** A network interface in its namespace: the number stays while it is there, whoever renames it. */
export interface Link {
  readonly index: number;
  readonly name: string;
}

/**
 * Moves a network interface between two network namespaces, given by fds of /proc/PID/ns/net, and gives it that name there.
 * @returns what it is there. @throws ENODEV when it is not in `fromNetns`
 */
export function moveLink({ index, name }: Link, fromNetns: number, toNetns: number): Link {
  for (let wanted = index, attempts = 0; ; attempts += 1) {
    try {
      attempt(() => binding.moveLink(index, name, fromNetns, toNetns, wanted));
      return { index: wanted, name };
    } catch (error) {
      const taken = error instanceof NativeError && error.code === "EBUSY" && attempts < 8;
      if (!taken) throw error;
      wanted = randomInt(1 << 20, 2 ** 30);
    }
  }
}

/** The name of an interface in a network namespace; undefined where there is none of that number. */
export const linkName = (netns: number, index: number): string | undefined =>
  attempt(() => binding.linkName(netns, index));
