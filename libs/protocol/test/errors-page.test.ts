import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { errorsPage } from "../../../infra/docs/errors.ts";

test("docs/errors.md is what the error table makes (npm run docs)", () => {
  expect(readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8")).toBe(errorsPage());
});
