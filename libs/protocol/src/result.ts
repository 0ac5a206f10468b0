import { type Static, Type } from "@sinclair/typebox";
import { Hops } from "./hops.ts";
import { StringMap } from "./uevent-message.ts";

export const ErrorBody = Type.Object(
  { code: Type.String(), message: Type.String(), mend: Type.String(), fields: StringMap },
  { additionalProperties: false },
);

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
    hops: Hops,
  },
  { $id: "result", additionalProperties: false },
);
export type WorkResult = Static<typeof WorkResult>;
