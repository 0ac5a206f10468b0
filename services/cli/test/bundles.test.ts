import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { busUser } from "@udevns/service";
import { dealOut } from "../src/bundles.ts";
import { writeKeys } from "../src/credentials.ts";

let directory: string;
const at = (...names: string[]): string => join(directory, ...names);
const deal = (owners: ReadonlyMap<string, number> = new Map(), env = {}) =>
  dealOut({ credentials: at("all"), bundles: at("for"), userOf: (role) => busUser(env, role, "a"), owners });
const secret = (path: string): string => readFileSync(at(path), "ascii");

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "udevns-bundles-"));
  writeKeys({ directory: at("all"), hosts: ["a", "b"], owners: new Map() });
  for (const file of ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"]) writeFileSync(at("all", file), file);
});
afterEach(() => rmSync(directory, { recursive: true }));

test.each([
  ["capture", ["ca.pem", "capture-a.nk"]],
  ["policy", ["ca.pem", "policy-a.nk"]],
  ["viewer", ["ca.pem", "viewer.nk"]],
  ["nats", ["ca.pem", "server-key.pem", "server.pem", "users.conf"]],
])("%s gets what it needs on its host and no more", (name, files) => {
  mkdirSync(at("for", name), { recursive: true });
  deal();
  expect(readdirSync(at("for", name)).sort()).toEqual(files);
  for (const file of files) expect(secret(`for/${name}/${file}`)).toBe(secret(`all/${file}`));
});

test("each is its owner's alone", () => {
  for (const name of ["capture", "policy"]) mkdirSync(at("for", name), { recursive: true });
  deal(new Map([["policy", 65532]]));
  const look = (path: string) => {
    const { uid, gid, mode } = statSync(at("for", path));
    return [uid, gid, (mode & 0o777).toString(8)];
  };
  expect(look("policy")).toEqual([65532, 65532, "700"]);
  expect(look("policy/policy-a.nk")).toEqual([65532, 65532, "600"]);
  expect(look("capture")).toEqual([0, 0, "700"]);
});

test("a key that was made anew is dealt out anew", () => {
  mkdirSync(at("for", "capture"), { recursive: true });
  deal();
  const before = secret("for/capture/capture-a.nk");
  rmSync(at("all", "capture-a.nk"));
  writeKeys({ directory: at("all"), hosts: ["a", "b"], owners: new Map() });
  deal();
  expect(secret("for/capture/capture-a.nk")).not.toBe(before);
  expect(secret("for/capture/capture-a.nk")).toBe(secret("all/capture-a.nk"));
});

test("a policy service that decides for other hosts too gets that key alone", () => {
  mkdirSync(at("for", "policy"), { recursive: true });
  deal(new Map(), { UDEVNS_HOSTS: "*" });
  expect(readdirSync(at("for", "policy")).sort()).toEqual(["ca.pem", "policy.nk"]);
});

test("a directory of nobody's name is an error", () => {
  mkdirSync(at("for", "ca-key"), { recursive: true });
  expect(() => deal()).toThrow("nobody is called ca-key");
});
