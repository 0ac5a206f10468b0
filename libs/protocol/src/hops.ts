import { type Static, Type } from "@sinclair/typebox";

/**
 * When each service had done its part, in µs of CLOCK_MONOTONIC of the event's host; a service on another machine stamps nothing,
 * as its clock says nothing here. `received` is the moment capture's socket gave the datagram.
 */
export const Hops = Type.Object(
  {
    received: Type.Optional(Type.Number()),
    capture: Type.Optional(Type.Number()),
    policy: Type.Optional(Type.Number()),
    devnode: Type.Optional(Type.Number()),
    inject: Type.Optional(Type.Number()),
  },
  { additionalProperties: false },
);
export type Hops = Static<typeof Hops>;

/** Now, in µs of CLOCK_MONOTONIC. */
export const monotonicMicros = (): number => Number(process.hrtime.bigint() / 1000n);
