import { RequestStrategy } from "nats";
import type { Bus } from "./connect.ts";

export interface Announcement {
  /** `udevns-capture` */
  readonly name: string;
  /** SemVer. */
  readonly version: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Answers the NATS services protocol (ADR-32): `$SRV.PING`, `INFO` and `STATS`, of all, by name, and by name and id. */
export async function announce(bus: Bus, { metadata, ...service }: Announcement): Promise<void> {
  await bus.nc.services.add({ ...service, metadata: { ...metadata } });
}

/** Asks all services of the protocol who they are. */
export async function discover(bus: Bus, waitMs = 500): Promise<readonly Announcement[]> {
  const found: Announcement[] = [];
  const client = bus.nc.services.client({ strategy: RequestStrategy.Timer, maxWait: waitMs });
  for await (const { name, version, description, metadata } of await client.info())
    found.push({ name, version, description, metadata: metadata ?? {} });
  return found;
}
