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
