import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { jsonSchemaText, PolicyFile, PolicyTestFile } from "../src/index.ts";

test.each([
  ["policy.schema.json", PolicyFile],
  ["policy-test.schema.json", PolicyTestFile],
])("schema/%s is up to date: else `npm run docs`", (name, schema) => {
  const published = readFileSync(new URL(`../schema/${name}`, import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(jsonSchemaText(schema)));
});
