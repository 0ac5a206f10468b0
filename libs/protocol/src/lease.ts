import { type Static, Type } from "@sinclair/typebox";
import { token } from "./token.ts";

/**
 * Which policy replica decides for a host. Bucket `UDEVNS_LEASES`, key `<host>.policy`. It is written when it changes hands,
 * at the revision that was read; beside it each replica writes a sign of life, key `<replica>.replica`, and a lease whose holder
 * has given none for the lease's time is free.
 */
export const Lease = Type.Object(
  { v: Type.Literal(1), host: Type.String(), holder: Type.String({ minLength: 1 }) },
  { $id: "lease", additionalProperties: false },
);
export type Lease = Static<typeof Lease>;

/** A host that has streams on this bus. Bucket `UDEVNS_HOSTS`, key `<host>.host`. */
export const HostRecord = Type.Object(
  { v: Type.Literal(1), host: Type.String(), /** ISO 8601. */ since: Type.String() },
  { $id: "host", additionalProperties: false },
);
export type HostRecord = Static<typeof HostRecord>;

export const leaseKey = (host: string): string => `${token(host)}.policy`;
export const hostKey = (host: string): string => `${token(host)}.host`;
export const replicaKey = (replica: string): string => `${token(replica)}.replica`;
