import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

const page = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
const named = [...page.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, name]) => name as string);
const pathOf = (name: string) => (name.includes("/") ? name : `test/hostile/${name}`);

test("every test that docs/security.md names is there", () => {
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !existsSync(new URL(`../../${pathOf(name)}`, import.meta.url)))).toEqual([]);
});

test("every attack that is tried is in its table", () => {
  const here = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".test.ts"));
  expect(
    here.filter((name) => name !== "threats.test.ts" && !named.map(pathOf).includes(`test/hostile/${name}`)),
  ).toEqual([]);
});
