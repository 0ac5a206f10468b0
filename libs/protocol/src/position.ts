import { type Static, Type } from "@sinclair/typebox";

/** A place in a log: a sequence of the stream's life that `epoch` names. */
export const LogPosition = Type.Object(
  { sequence: Type.Integer({ minimum: 0 }), epoch: Type.String() },
  { $id: "position", additionalProperties: false },
);
export type LogPosition = Static<typeof LogPosition>;
