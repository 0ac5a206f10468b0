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

/** What a person asked for, on `udevns.v1.audit.<host>.claim`, and what came of it. */
export const ClaimRecord = Type.Object(
  {
    v: Type.Literal(1),
    host: Type.String(),
    /** ISO 8601 */
    at: Type.String(),
    action: Type.Union([Type.Literal("claim"), Type.Literal("release"), Type.Literal("move")]),
    unit: Type.String(),
    identity: Type.String(),
    container: Type.Optional(Type.String()),
    who: Type.String(),
    why: Type.Optional(Type.String()),
    outcome: Type.Union([Type.Literal("done"), Type.Literal("already"), Type.Literal("refused")]),
    /** One line for people. */
    text: Type.String(),
  },
  { $id: "claim-record", additionalProperties: false },
);
export type ClaimRecord = Static<typeof ClaimRecord>;

/** Another policy came into force, or was refused, on `udevns.v1.audit.<host>.policy`. */
export const PolicyChange = Type.Object(
  {
    v: Type.Literal(1),
    host: Type.String(),
    /** ISO 8601 */
    at: Type.String(),
    hash: Type.String(),
    who: Type.String(),
    rules: Type.Integer(),
    outcome: Type.Union([Type.Literal("applied"), Type.Literal("refused")]),
    text: Type.String(),
  },
  { $id: "policy-change", additionalProperties: false },
);
export type PolicyChange = Static<typeof PolicyChange>;
