import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { errorsPage } from "../scripts/errors-page.ts";

test("docs/errors.md is what the error table makes (npm run docs)", () => {
  expect(readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8")).toBe(errorsPage());
});
