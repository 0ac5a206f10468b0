import type { TSchema } from "@sinclair/typebox";

/** A TypeBox schema as JSON Schema text, to be published: an editor that is told of it completes and checks policy files. */
export const jsonSchemaText = (schema: TSchema): string =>
  `${JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", ...schema }, null, 2)}\n`;
