import { type Static, Type } from "@sinclair/typebox";
import { Hops } from "./hops.ts";
import { StringMap } from "./uevent-message.ts";

export const ErrorBody = Type.Object(
  { code: Type.String(), message: Type.String(), mend: Type.String(), fields: StringMap },
  { additionalProperties: false },
);

/** An open file that a container keeps of a device it has lost. */
export const Holder = Type.Object(
  { pid: Type.Integer(), command: Type.String(), fd: Type.Integer() },
  { additionalProperties: false },
);
export type Holder = Static<typeof Holder>;

/** What came of one work item, on `udevns.v1.result.<host>.<container>.<role>`. `id` is the work item's. */
export const WorkResult = Type.Object(
  {
    v: Type.Literal(1),
    id: Type.String(),
    host: Type.String(),
    container: Type.String(),
    role: Type.Union([Type.Literal("devnode"), Type.Literal("inject")]),
    /** `done` carried out now; `already` it was so before; `refused` and `failed` have an error. */
    outcome: Type.Union([
      Type.Literal("done"),
      Type.Literal("already"),
      Type.Literal("refused"),
      Type.Literal("failed"),
    ]),
    action: Type.String(),
    devpath: Type.String(),
    subsystem: Type.String(),
    /** Absolute path in the container, where a node was concerned. */
    node: Type.Optional(Type.String()),
    error: Type.Optional(ErrorBody),
    /** After a device was taken that is still plugged in: who goes on using it through a file opened before. */
    holders: Type.Optional(Type.Array(Holder)),
    hops: Hops,
  },
  { $id: "result", additionalProperties: false },
);
export type WorkResult = Static<typeof WorkResult>;
