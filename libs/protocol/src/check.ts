import type { Static, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { UdevnsError } from "./error.ts";

const compiled = new WeakMap<TSchema, TypeCheck<TSchema>>();

/** The compiled form of a schema; compiled once in the process. */
function compile(schema: TSchema): TypeCheck<TSchema> {
  let check = compiled.get(schema);
  if (check === undefined) {
    check = TypeCompiler.Compile(schema);
    compiled.set(schema, check);
  }
  return check;
}

/**
 * Takes a value as a message of the schema.
 * @param where subject or file that it came from, for the error
 * @throws UDEVNS_E_MESSAGE with the path of the first fault
 */
export function checked<S extends TSchema>(schema: S, value: unknown, where: string): Static<S> {
  const check = compile(schema);
  if (check.Check(value)) return value as Static<S>;
  const fault = check.Errors(value).First();
  const place = fault === undefined ? "(root)" : fault.path || "(root)";
  throw new UdevnsError("UDEVNS_E_MESSAGE", {
    subject: where,
    schema: schema.$id ?? "message",
    detail: `${place}: ${fault?.message ?? "does not match"}`,
  });
}

/**
 * Reads a JSON text as a message of the schema.
 * @param where subject, key or file that it came from, for the error
 * @throws UDEVNS_E_MESSAGE, also for what is no JSON
 */
export function decode<S extends TSchema>(schema: S, text: string | Uint8Array, where: string): Static<S> {
  let value: unknown;
  try {
    value = JSON.parse(typeof text === "string" ? text : Buffer.from(text).toString("utf8"));
  } catch (cause) {
    const detail = (cause as Error).message;
    throw new UdevnsError(
      "UDEVNS_E_MESSAGE",
      { subject: where, schema: schema.$id ?? "JSON document", detail },
      { cause },
    );
  }
  return checked(schema, value, where);
}

/** Reads what a bucket holds. An entry that is no such message is told and left out: it shall not keep the others from being read. */
export function decodeEntries<S extends TSchema>(
  schema: S,
  entries: Iterable<{ readonly key: string; readonly value: string }>,
  onMalformed: (error: UdevnsError) => void,
): Static<S>[] {
  return Array.from(entries).flatMap(({ key, value }) => {
    try {
      return [decode(schema, value, key)];
    } catch (error) {
      if (!(error instanceof UdevnsError)) throw error;
      onMalformed(error);
      return [];
    }
  });
}
