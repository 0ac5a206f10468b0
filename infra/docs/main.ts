import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorsPage } from "./errors.ts";

// Writes the pages of docs/ that are made from code. A test fails while one of them is out of date.
const pages = { "errors.md": errorsPage() };
for (const [name, text] of Object.entries(pages))
  writeFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), text);
