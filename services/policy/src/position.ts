import { type Static, Type } from "@sinclair/typebox";

/** How far a decider has come in its host's log, written together with the levels that it had made by then. */
export const Position = Type.Object(
  { sequence: Type.Integer({ minimum: 0 }), epoch: Type.String() },
  { $id: "position", additionalProperties: false },
);
export type Position = Static<typeof Position>;
