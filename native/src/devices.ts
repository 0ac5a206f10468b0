import { binding } from "./binding.ts";
import { attempt } from "./error.ts";

/** EVIOCREVOKE: the open file of an input device reads and writes no more, whoever shares it. */
export const revokeInput = (fd: number): void => attempt(() => binding.revokeInput(fd));

/** Moves a network interface between two network namespaces, given by fds of /proc/PID/ns/net. */
export const moveLink = (name: string, fromNetns: number, toNetns: number): void =>
  attempt(() => binding.moveLink(name, fromNetns, toNetns));
