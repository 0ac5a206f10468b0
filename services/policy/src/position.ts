import { type Static, Type } from "@sinclair/typebox";
import { LogPosition } from "@udevns/protocol";

/** How far a decider has come in its host's log, written together with the levels that it had made by then. */
export const Position = Type.Object(
  {
    ...LogPosition.properties,
    /** The last order that those levels contain. */
    orders: Type.Optional(LogPosition),
    /** Hash of the policy whose gates were ordered by then. */
    policy: Type.Optional(Type.String()),
    /** The log has dropped messages before this place that nobody has made up for yet. */
    missed: Type.Optional(Type.Literal(true)),
  },
  { $id: "policy-position", additionalProperties: false },
);
export type Position = Static<typeof Position>;
