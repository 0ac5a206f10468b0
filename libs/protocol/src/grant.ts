import { type Static, Type } from "@sinclair/typebox";
import { ContainerTarget } from "./container-record.ts";
import { DeviceRecord, Devnum } from "./device-record.ts";

/** A user or group: a number in the container, or a name looked up in the container's own /etc/passwd or /etc/group. */
export const Principal = Type.Union([Type.Integer({ minimum: 0 }), Type.String({ minLength: 1 })]);
export type Principal = Static<typeof Principal>;

/** The node as the container shall see it. Ids are the container's own (0 = its root). */
export const NodeSpec = Type.Object(
  {
    /** Below the container's /dev: `input/event3`. */
    path: Type.String({ minLength: 1 }),
    devnum: Devnum,
    /** Permission bits, at most 0o777. */
    mode: Type.Integer({ minimum: 0, maximum: 0o777 }),
    owner: Principal,
    group: Principal,
    /** Links below /dev that lead to the node. */
    links: Type.Array(Type.String()),
    /** cgroup device access to give. */
    access: Type.String({ pattern: "^[rwm]+$" }),
  },
  { additionalProperties: false },
);
export type NodeSpec = Static<typeof NodeSpec>;

/** Why a unit has its owner. */
export const Authority = Type.Union([
  Type.Object({ kind: Type.Literal("rule"), rule: Type.String() }, { additionalProperties: false }),
  Type.Object(
    { kind: Type.Literal("claim"), who: Type.String(), why: Type.Optional(Type.String()) },
    { additionalProperties: false },
  ),
]);
export type Authority = Static<typeof Authority>;

/** One device given to one container: the level that work items carry out. Bucket `UDEVNS_GRANTS`, key `<host>.<container>.<device>`. */
export const Grant = Type.Object(
  {
    v: Type.Literal(1),
    host: Type.String(),
    container: ContainerTarget,
    device: DeviceRecord,
    /** Devpath of the unit's topmost device. */
    unit: Type.String(),
    by: Authority,
    share: Type.Boolean(),
    node: Type.Optional(NodeSpec),
  },
  { $id: "grant", additionalProperties: false },
);
export type Grant = Static<typeof Grant>;
