import { writeFileSync } from "node:fs";
import { jsonSchemaText, PolicyFile, PolicyTestFile } from "../src/index.ts";

/** Writes the published JSON Schemas; a test checks that they are up to date. */
const folder = new URL("../schema/", import.meta.url);
writeFileSync(new URL("policy.schema.json", folder), jsonSchemaText(PolicyFile));
writeFileSync(new URL("policy-test.schema.json", folder), jsonSchemaText(PolicyTestFile));
