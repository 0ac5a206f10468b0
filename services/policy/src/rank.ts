import { createHash } from "node:crypto";

/**
 * How many of the living replicas are a better home for a host than this one: 0 = it is the best (rendezvous hashing). All replicas
 * work out the same order without asking each other, and one that comes or goes moves only its own share of the hosts.
 */
export function rank(host: string, me: string, living: Iterable<string>): number {
  const mine = score(host, me);
  let better = 0;
  for (const replica of new Set(living)) if (replica !== me && score(host, replica) > mine) better += 1;
  return better;
}

const score = (host: string, replica: string): string =>
  createHash("sha256").update(`${host}\0${replica}`).digest("hex");
