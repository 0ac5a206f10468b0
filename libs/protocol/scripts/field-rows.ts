import type { TSchema } from "@sinclair/typebox";

/** One row a field, nested ones with their path; a union of objects shows the fields of each. */
export function fieldRows(schema: TSchema, prefix = ""): [string, string][] {
  if (schema.anyOf !== undefined) {
    const rows = (schema.anyOf as TSchema[]).flatMap((part) => fieldRows(part, prefix));
    return [...new Map(rows.map(([field, type]) => [`${field} ${type}`, [field, type] as [string, string]])).values()];
  }
  const required = new Set((schema.required as string[] | undefined) ?? []);
  return Object.entries((schema.properties as Record<string, TSchema> | undefined) ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}${required.has(name) ? "" : "?"}`;
    const nested = field.properties === undefined ? [] : fieldRows(field, `${path}.`);
    return [[`\`${path}\``, typeName(field)] as [string, string], ...nested];
  });
}

function typeName(schema: TSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.anyOf !== undefined) return (schema.anyOf as TSchema[]).map(typeName).join(", ");
  if (schema.type === "array") return `list of ${typeName(schema.items as TSchema)}`;
  if (schema.patternProperties !== undefined) {
    const [value] = Object.values(schema.patternProperties as Record<string, TSchema>);
    return `map of ${value === undefined ? "anything" : typeName(value)}`;
  }
  return String(schema.type ?? "anything");
}
