import {
  Kind,
  type Static,
  type TArray,
  type TObject,
  type TRecord,
  type TSchema,
  type TUnion,
} from "@sinclair/typebox";
import type { Report, Span } from "./diagnostic.ts";
import { suggestion } from "./suggest.ts";
import type { Located } from "./yaml.ts";

/** Where each value of a decoded document stands. */
export type Places = WeakMap<object, Map<string | number, Span>>;

/**
 * Takes located YAML as a value of a schema. Text becomes a boolean or an integer where the schema wants one.
 * What does not fit is reported with its place and, for keys and fixed words, with the nearest that is known; the result is undefined then.
 * Knows the kinds that policy schemas use: Object, Record, Array, Union, String, Literal, Boolean, Integer.
 */
export function decode<S extends TSchema>(
  schema: S,
  root: Located,
  report: Report,
  places: Places,
): Static<S> | undefined {
  let failed = false;
  const fail: Report = (...finding) => {
    failed = true;
    report(...finding);
  };
  const value = decodeAny(schema, root, { report: fail, places, named: new Map() });
  return failed ? undefined : (value as Static<S>);
}

interface Context {
  readonly report: Report;
  readonly places: Places;
  /** Recursive schemas by their $id. */
  readonly named: Map<string, TSchema>;
}

function decodeAny(schema: TSchema, at: Located, context: Context): unknown {
  if (schema.$id !== undefined) context.named.set(schema.$id, schema);
  switch (schema[Kind]) {
    case "Object":
      return decodeObject(schema as TObject, at, context);
    case "Record":
      return decodeRecord(schema as TRecord, at, context);
    case "Array":
      return decodeArray(schema as TArray, at, context);
    case "Union":
      return decodeUnion(schema as TUnion, at, context);
    case "This":
      return decodeAny(context.named.get(schema.$ref as string)!, at, context);
    default:
      return decodeText(schema, at, context);
  }
}

function decodeObject(schema: TObject, at: Located, context: Context): unknown {
  if (at.kind !== "map") return wrong(at, "a mapping", context);
  const result: Record<string, unknown> = {};
  const spans = new Map<string | number, Span>();
  for (const { key, keySpan, value } of at.entries) {
    const property = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (property === undefined) {
      context.report(keySpan, "unknown-key", `unknown key \`${key}\``, suggestion(key, Object.keys(schema.properties)));
      continue;
    }
    spans.set(key, value.span.end > value.span.start ? value.span : keySpan);
    result[key] = decodeAny(property, value, context);
  }
  for (const key of schema.required ?? []) {
    if (!(key in result)) {
      context.report(at.span, "missing-key", `\`${key}\` is missing`, `add \`${key}: …\``);
    }
  }
  context.places.set(result, spans);
  return result;
}

function decodeRecord(schema: TRecord, at: Located, context: Context): unknown {
  if (at.kind !== "map") return wrong(at, "a mapping", context);
  const property = Object.values(schema.patternProperties)[0]!;
  const spans = new Map<string | number, Span>();
  const result: Record<string, unknown> = Object.create(null);
  for (const { key, value } of at.entries) {
    spans.set(key, value.span);
    result[key] = decodeAny(property, value, context);
  }
  context.places.set(result, spans);
  return result;
}

function decodeArray(schema: TArray, at: Located, context: Context): unknown {
  if (at.kind !== "list") return wrong(at, "a list", context);
  if (at.items.length < (schema.minItems ?? 0)) {
    context.report(at.span, "bad-value", "the list is empty", "name at least one");
  }
  const spans = new Map<string | number, Span>(at.items.map((item, i) => [i, item.span]));
  const result = at.items.map((item) => decodeAny(schema.items, item, context));
  context.places.set(result, spans);
  return result;
}

/** A union is told apart by the YAML kind alone (text, list, mapping), or is a choice of words. */
function decodeUnion(schema: TUnion, at: Located, context: Context): unknown {
  const words = schema.anyOf.filter((option) => option[Kind] === "Literal").map((option) => String(option.const));
  if (at.kind === "text" && words.includes(at.text)) return at.text;
  const fits = schema.anyOf.find((option) => option[Kind] !== "Literal" && yamlKind(option) === at.kind);
  if (fits !== undefined) return decodeAny(fits, at, context);
  if (at.kind === "text" && words.length > 0) {
    return void context.report(at.span, "bad-value", `\`${at.text}\` is not known here`, suggestion(at.text, words));
  }
  return wrong(at, [...new Set(schema.anyOf.map(nounOf))].join(" or "), context);
}

function yamlKind(schema: TSchema): Located["kind"] {
  switch (schema[Kind]) {
    case "Object":
    case "Record":
    case "This":
      return "map";
    case "Array":
      return "list";
    default:
      return "text";
  }
}

const nounOf = (schema: TSchema): string =>
  ({ map: "a mapping", list: "a list", text: "text", null: "" })[yamlKind(schema)];

function decodeText(schema: TSchema, at: Located, context: Context): unknown {
  if (at.kind !== "text") return wrong(at, "text", context);
  const { text, span } = at;
  const bad = (wanted: string): undefined =>
    void context.report(
      span,
      "bad-value",
      `\`${text}\` is not ${wanted}`,
      (schema.description as string) ?? `give ${wanted}`,
    );
  switch (schema[Kind]) {
    case "Boolean":
      return text === "true" || text === "false" ? text === "true" : bad("true or false");
    case "Integer":
      return /^\d{1,9}$/.test(text) ? Number(text) : bad("a whole number");
    case "Literal":
      return text === String(schema.const) ? schema.const : bad(String(schema.const));
    default:
      if (text.length < (schema.minLength ?? 0)) return bad("long enough");
      return schema.pattern === undefined || new RegExp(schema.pattern).test(text) ? text : bad("in the form wanted");
  }
}

function wrong(at: Located, wanted: string, context: Context): undefined {
  const found = { text: "text", list: "a list", map: "a mapping", null: "nothing" }[at.kind];
  context.report(at.span, "wrong-type", `${found} stands where ${wanted} belongs`, `write ${wanted} here`);
}
