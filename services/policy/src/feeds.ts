import type { Bus } from "@udevns/bus";
import { bucketNames, Claim, ContainerRecord, consumerNames, token } from "@udevns/protocol";
import { Feed } from "./feed.ts";
import type { Hosts } from "./replica.ts";

/** What a replica hears of the hosts that it may decide for, beside their uevents. */
export interface Feeds {
  readonly containers: Feed<typeof ContainerRecord>;
  readonly claims: Feed<typeof Claim>;
}

/** Resolves when they have heard what there is. */
export async function openFeeds(bus: Bus, replica: string, hosts: Hosts): Promise<Feeds> {
  // A process for its own host alone may not read more than that.
  const only = hosts.kind === "named" && hosts.hosts.length === 1 ? hosts.hosts[0] : undefined;
  const prefix = only === undefined ? "" : `${token(only)}.`;
  const containers = new Feed(bus, {
    bucket: bucketNames.containers,
    schema: ContainerRecord,
    consumer: consumerNames.policyContainers(replica),
    prefix,
  });
  const claims = new Feed(bus, {
    bucket: bucketNames.claims,
    schema: Claim,
    consumer: consumerNames.policyClaims(replica),
    prefix,
  });
  await Promise.all([containers.caughtUp, claims.caughtUp]);
  return { containers, claims };
}
