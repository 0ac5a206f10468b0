import { type Static, Type } from "@sinclair/typebox";

/** Key of the policy in force, in bucket `UDEVNS_POLICY`; its history holds the ones before. */
export const POLICY_KEY = "current";

/** The policy that every replica decides by. */
export const PolicyRecord = Type.Object(
  {
    v: Type.Literal(1),
    /** SHA-256 of its rules in canonical form. */
    hash: Type.String(),
    sources: Type.Array(Type.Object({ file: Type.String(), text: Type.String() }, { additionalProperties: false })),
    /** Names of the sysfs attributes that its rules ask for; capture reads them of every device. */
    attributes: Type.Optional(Type.Array(Type.String())),
    who: Type.String(),
    /** ISO 8601 */
    when: Type.String(),
  },
  { $id: "policy", additionalProperties: false },
);
export type PolicyRecord = Static<typeof PolicyRecord>;
