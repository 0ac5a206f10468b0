import { type Static, Type } from "@sinclair/typebox";

/**
 * A person's word on who owns a unit: above every rule. Bucket `UDEVNS_CLAIMS`, key `<host>.<token of the unit's identity>`.
 * The key's revision is the guard: a claim is made by creating the key, changed by updating it at the revision that was read and
 * ended by deleting it at that revision. Whoever comes second is refused by the server, reads again and learns who was first.
 */
export const Claim = Type.Object(
  {
    v: Type.Literal(1),
    host: Type.String(),
    /** The unit's identity, so that the claim holds on another port and after a replug. */
    unit: Type.String(),
    /** Names of containers; one, unless `share`. They need not run. */
    containers: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    share: Type.Boolean(),
    who: Type.String({ minLength: 1 }),
    why: Type.Optional(Type.String()),
    /** ISO 8601. */
    when: Type.String(),
  },
  { $id: "claim", additionalProperties: false },
);
export type Claim = Static<typeof Claim>;
