import { writeFileSync } from "node:fs";
import { errorsPage } from "./errors-page.ts";
import { subjectsPage } from "./subjects-page.ts";

// The pages of docs/ that are made from code; tests see to it that they are up to date.
const pages = { "errors.md": errorsPage(), "subjects.md": subjectsPage() };
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(new URL(`../../../docs/${name}`, import.meta.url), text);
}
