import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { jsonSchemaText, PolicyFile, PolicyTestFile } from "../src/index.ts";

/** Writes the published JSON Schemas; a test checks that they are up to date. */
const folder = new URL("../schema/", import.meta.url);
writeFileSync(new URL("policy.schema.json", folder), jsonSchemaText(PolicyFile));
writeFileSync(new URL("policy-test.schema.json", folder), jsonSchemaText(PolicyTestFile));
// `npm run lint` looks at them too.
execFileSync("npx", ["--no-install", "biome", "format", "--write", fileURLToPath(folder)], { stdio: "ignore" });
