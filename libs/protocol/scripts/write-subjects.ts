import { writeFileSync } from "node:fs";
import { subjectsPage } from "./subjects-page.ts";

writeFileSync(new URL("../../../docs/subjects.md", import.meta.url), subjectsPage());
