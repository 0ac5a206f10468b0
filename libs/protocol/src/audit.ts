import { type Static, Type } from "@sinclair/typebox";
import { Authority } from "./grant.ts";

/** What policy decided about a unit, on `udevns.v1.audit.<host>.decision`, each time that it changes. */
export const DecisionRecord = Type.Object(
  {
    v: Type.Literal(1),
    host: Type.String(),
    /** ISO 8601 */
    at: Type.String(),
    /** What made policy look: a uevent's id, `container:<instance>`, `claim:<revision>`, `policy:<hash>`, `start`. */
    cause: Type.String(),
    /** Devpath of the unit's topmost device. */
    unit: Type.String(),
    identity: Type.String(),
    verdict: Type.Union([
      Type.Literal("owned"),
      Type.Literal("unowned"),
      Type.Literal("denied"),
      Type.Literal("waiting"),
      Type.Literal("pending"),
      Type.Literal("conflict"),
    ]),
    containers: Type.Array(Type.String()),
    by: Type.Optional(Authority),
    /** One line for people. */
    text: Type.String(),
  },
  { $id: "decision", additionalProperties: false },
);
export type DecisionRecord = Static<typeof DecisionRecord>;
