import { type Static, Type } from "@sinclair/typebox";
import { token } from "./token.ts";

/**
 * Which policy replica decides for a host. Bucket `UDEVNS_LEASES`, key `<host>.policy`. The holder writes it again and again, each
 * time at the revision of its last write; one whose revision has stood still for the lease's time is free.
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
