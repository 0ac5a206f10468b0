import { type Static, Type } from "@sinclair/typebox";
import { GateState } from "./gate.ts";
import { LogPosition } from "./position.ts";
import { AnyKey } from "./uevent-message.ts";

export const serviceRoles = ["capture", "inventory", "policy", "devnode", "injector"] as const;
export type ServiceRole = (typeof serviceRoles)[number];

/** A service's heartbeat on `udevns.v1.status.<host>.<role>`, once a second; its loss is harmless. */
export const ServiceStatus = Type.Object(
  {
    v: Type.Literal(1),
    host: Type.String(),
    role: Type.Union(serviceRoles.map((role) => Type.Literal(role))),
    pid: Type.Integer(),
    version: Type.String(),
    ready: Type.Boolean(),
    /** Why it is not ready, or what it is doing. */
    note: Type.String(),
    /** The hosts that a policy replica decides for now. */
    serves: Type.Optional(Type.Array(Type.String())),
    /** Of the containers that policy has a word on. */
    gates: Type.Optional(Type.Array(GateState)),
    /** Of a reader of one log: all up to there is done. */
    position: Type.Optional(LogPosition),
    startedAt: Type.String(),
    rssBytes: Type.Integer(),
    counters: Type.Record(AnyKey, Type.Number()),
  },
  { $id: "status", additionalProperties: false },
);
export type ServiceStatus = Static<typeof ServiceStatus>;
