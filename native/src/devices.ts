import { binding } from "./binding.ts";
import { attempt } from "./error.ts";

/** A network interface in its namespace: the number stays while it is there, whoever renames it. */
export interface Link {
  readonly index: number;
  readonly name: string;
}

/**
 * Moves a network interface between two network namespaces, given by fds of /proc/PID/ns/net, and gives it that name and number there.
 * @throws ENODEV when it is not in `fromNetns`, EBUSY when another has the number in `toNetns`, EEXIST when one has the name
 */
export const moveLink = ({ index, name }: Link, fromNetns: number, toNetns: number, newIndex: number): void =>
  attempt(() => binding.moveLink(index, name, fromNetns, toNetns, newIndex));

/** The name of an interface in a network namespace; undefined where there is none of that number. */
export const linkName = (netns: number, index: number): string | undefined =>
  attempt(() => binding.linkName(netns, index));
