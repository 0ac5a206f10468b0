import { type Static, Type } from "@sinclair/typebox";
import { ContainerSketch } from "./container-sketch.ts";
import { DeviceSketch } from "./device-sketch.ts";

const closed = { additionalProperties: false } as const;

const names = Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })]);

/** What a case expects: who owns the unit, or how else it ends; and, if named, by which rule and with which nodes. */
export const Expectation = Type.Object(
  {
    owner: Type.Optional(names),
    decision: Type.Optional(
      Type.Union((["unowned", "denied", "waiting", "pending", "conflict"] as const).map((kind) => Type.Literal(kind))),
    ),
    rule: Type.Optional(Type.String()),
    nodes: Type.Optional(Type.Array(Type.String())),
  },
  closed,
);
export type Expectation = Static<typeof Expectation>;

export const PolicyTestFile = Type.Object(
  {
    version: Type.Literal(1),
    host: Type.Optional(Type.String()),
    /** True where the host runs a udevd. */
    "host-udev": Type.Optional(Type.Boolean()),
    containers: Type.Optional(Type.Array(ContainerSketch)),
    devices: Type.Optional(Type.Array(DeviceSketch)),
    cases: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1 }),
          /** Devpath of any device of the unit; the last of `devices` if not given. */
          device: Type.Optional(Type.String()),
          /** Besides those of the file. */
          devices: Type.Optional(Type.Array(DeviceSketch)),
          /** Instead of those of the file. */
          containers: Type.Optional(Type.Array(ContainerSketch)),
          host: Type.Optional(Type.String()),
          "host-udev": Type.Optional(Type.Boolean()),
          now: Type.Optional(Type.String()),
          /** A container that holds a claim on the unit. */
          claim: Type.Optional(Type.String()),
          expect: Expectation,
        },
        closed,
      ),
      { minItems: 1 },
    ),
  },
  { ...closed, $id: "policy-test.schema.json", title: "udevns policy test" },
);
export type PolicyTestFile = Static<typeof PolicyTestFile>;
