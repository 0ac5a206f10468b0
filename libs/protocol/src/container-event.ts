import { type Static, Type } from "@sinclair/typebox";
import { ContainerRecord } from "./container-record.ts";

/** A container's edge, on `udevns.v1.container.<host>.<event>`: for people and audit; policy follows the bucket. */
export const ContainerEvent = Type.Object(
  {
    v: Type.Literal(1),
    host: Type.String(),
    event: Type.Union([Type.Literal("start"), Type.Literal("change"), Type.Literal("stop")]),
    container: ContainerRecord,
  },
  { $id: "container-event", additionalProperties: false },
);
export type ContainerEvent = Static<typeof ContainerEvent>;
