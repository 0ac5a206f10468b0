import type { TSchema } from "@sinclair/typebox";
import fc from "fast-check";

/** The parts of JSON schema that our messages use. */
interface Shape {
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What a hostile sender would try wherever a text may be. */
const nasty = [
  "",
  "..",
  "../../etc/passwd",
  "/",
  "a/b",
  "*",
  ">",
  "a.b",
  "a\nb",
  "a\0b",
  "=",
  "__proto__",
  "constructor",
];
const text = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...nasty) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom("x".repeat(300), "\u{1f419}", "/devices/virtual/mem/zero", "add", "change") },
);

/** Values that a schema takes. */
export const arbitraryOf = (schema: TSchema): fc.Arbitrary<unknown> => aValue(schema as Shape);

function aValue(shape: Shape): fc.Arbitrary<unknown> {
  if (shape.const !== undefined) return fc.constant(shape.const);
  if (shape.anyOf !== undefined) return fc.oneof(...shape.anyOf.map(aValue));
  switch (shape.type) {
    case "string":
      return textOf(shape);
    case "integer":
      return integerOf(shape);
    case "number":
      return fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat());
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(aValue(shape.items ?? {}), { minLength: shape.minItems ?? 0, maxLength: 3 });
    case "object":
      return shape.patternProperties === undefined ? objectOf(shape) : mapOf(shape.patternProperties);
    default:
      throw new Error(`no value for ${JSON.stringify(shape)}`);
  }
}

function textOf({ pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Shape): fc.Arbitrary<string> {
  if (pattern !== undefined && pattern !== "^[\\s\\S]*$") return fc.stringMatching(new RegExp(pattern));
  return text.filter(({ length }) => length >= minLength && length <= maxLength);
}

function integerOf({
  minimum = Number.MIN_SAFE_INTEGER,
  maximum = Number.MAX_SAFE_INTEGER,
}: Shape): fc.Arbitrary<number> {
  const least = Math.max(minimum, -5);
  return fc.oneof(
    fc.integer({ min: least, max: Math.min(maximum, 1_000) }),
    fc.integer({ min: minimum, max: maximum }),
  );
}

const mapOf = (patterns: Readonly<Record<string, Shape>>): fc.Arbitrary<unknown> =>
  fc.dictionary(text, aValue(Object.values(patterns)[0] ?? {}), { maxKeys: 4, noNullPrototype: true });

function objectOf({ properties = {}, required = [] }: Shape): fc.Arbitrary<unknown> {
  const entries = Object.entries(properties).map(([key, shape]) => [key, aValue(shape)] as const);
  return fc.record(Object.fromEntries(entries), { requiredKeys: [...required], noNullPrototype: true });
}

/** A message that is wrong, or nearly right: a value of the schema's with one of its parts made another. */
export const nearly = (schema: TSchema): fc.Arbitrary<unknown> =>
  fc
    .tuple(arbitraryOf(schema), fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), fc.jsonValue())
    .map(([value, way, other]) => replaced(value, way, other));

function replaced(value: unknown, [turn = 0, ...rest]: readonly number[], other: unknown): unknown {
  if (typeof value !== "object" || value === null || rest.length === 0) return other;
  if (Array.isArray(value)) {
    const at = value.length === 0 ? 0 : turn % value.length;
    return value.length === 0
      ? [other]
      : value.map((each, index) => (index === at ? replaced(each, rest, other) : each));
  }
  const keys = Object.keys(value);
  const key = keys[turn % (keys.length + 1)];
  const entries = Object.entries(value);
  if (key === undefined) return Object.fromEntries([...entries, ["surplus", other]]);
  return Object.fromEntries(entries.map(([name, each]) => [name, name === key ? replaced(each, rest, other) : each]));
}
