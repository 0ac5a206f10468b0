import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type PolicySource, readNamedPolicy, readPolicySources, readPolicyTests } from "../src/policy-files.ts";

let directory: string;
const at = (...path: string[]): string => join(directory, ...path);
const names = (sources: readonly PolicySource[]): string[] => sources.map(({ file }) => basename(file));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "udevns-policy-"));
  mkdirSync(at("rules.d"));
  mkdirSync(at("empty"));
  for (const file of ["policy.yaml", "policy.test.yaml", "rules.d/20.yml", "rules.d/10.yaml", "rules.d/10.test.yml"])
    writeFileSync(at(file), "");
});
afterEach(() => rmSync(directory, { recursive: true }));

test("tests are no rules, neither beside a policy nor in a directory of them", () => {
  expect(names(readPolicySources(at("policy.yaml")))).toEqual(["policy.yaml", "10.yaml", "20.yml"]);
  expect(names(readPolicySources(at("rules.d")))).toEqual(["10.yaml", "20.yml"]);
});

test("the tests of a policy lie beside it, those of a directory in it", () => {
  expect(names(readPolicyTests(at("policy.yaml")))).toEqual(["policy.test.yaml"]);
  expect(names(readPolicyTests(at("rules.d")))).toEqual(["10.test.yml"]);
  expect(() => readPolicyTests(at("empty"))).toThrow("no *.test.yaml in it");
});

test("a policy that is named must be there", () => {
  expect(() => readNamedPolicy(at("empty"))).toThrow(`${at("empty")}: no policy file in it`);
  rmSync(at("rules.d"), { recursive: true });
  expect(() => readNamedPolicy(at("absent.yaml"))).toThrow("no such file");
});
