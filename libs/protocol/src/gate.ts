import { type Static, Type } from "@sinclair/typebox";

/**
 * Whether the host's own events shall be kept out of a container: `auto` where that can be done; `require` or it gets no device;
 * `off` it hears what its namespace hears.
 */
export const gateWishes = ["auto", "require", "off"] as const;
export const GateWish = Type.Union(gateWishes.map((wish) => Type.Literal(wish)));
export type GateWish = (typeof gateWishes)[number];

/**
 * What keeps them out: `userns` its own user namespace owns its network namespace; `oci` another's does (infra/oci); `bpf`
 * (kernel/gate); `module` (kernel/module); `none`.
 */
export const gateKinds = ["userns", "oci", "bpf", "module", "none"] as const;
export type GateKind = (typeof gateKinds)[number];

/** A container's gate as it is now, in devnode's heartbeat. */
export const GateState = Type.Object(
  {
    container: Type.String(),
    instance: Type.String(),
    wish: GateWish,
    kind: Type.Union(gateKinds.map((kind) => Type.Literal(kind))),
    /** Why there is none. */
    detail: Type.Optional(Type.String()),
    /** Host's events that were kept from listeners: one event to three listeners counts three. Only `bpf` counts. */
    dropped: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
);
export type GateState = Static<typeof GateState>;
