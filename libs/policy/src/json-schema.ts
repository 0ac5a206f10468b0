import type { TSchema } from "@sinclair/typebox";

/**
 * A TypeBox schema as JSON Schema text, to be published: an editor that is told of it completes and checks policy files.
 * Schemas with an `$id` go into `$defs` once, however often they stand in it.
 */
export function jsonSchemaText(schema: TSchema): string {
  const defs: Record<string, unknown> = {};
  const hoist = (value: unknown, top: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => hoist(item, false));
    if (typeof value !== "object" || value === null) return value;
    const { $id, $ref, ...rest } = value as { $id?: string; $ref?: string };
    if ($ref !== undefined) return { $ref: `#/$defs/${$ref}` };
    const parts = (): object =>
      Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, hoist(part, false)]));
    if ($id === undefined) return loosened(parts());
    if (top) return { $id, ...parts() };
    if (!($id in defs)) {
      defs[$id] = {};
      defs[$id] = parts();
    }
    return { $ref: `#/$defs/${$id}` };
  };
  const body = hoist(schema, true) as object;
  return `${JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", ...body, $defs: defs }, null, 2)}\n`;
}

/** An editor reads `0660` and `0403` as numbers; to the policy all scalars are text. A pattern binds text alone. */
const loosened = (schema: { type?: unknown }): object =>
  schema.type === "string" ? { ...schema, type: ["string", "number"] } : schema;
