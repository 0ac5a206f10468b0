import { openSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, describe, expect, test } from "@jest/globals";
import { closeFd, executeHere, type Operation } from "../src/index.ts";

const root = openSync("/", "r");
afterAll(() => closeFd(root));

const badPaths = ["", ".", "..", "/dev", "dev/", "dev//null", "../etc", "dev/../../etc", "dev/.", "dev/..", "a\0b"];

test.each(badPaths)("TypeScript refuses the path %j", async (path) => {
  await expect(executeHere(root, [{ op: "stat", path }])).rejects.toMatchObject({
    name: "NativeError",
    code: "EINVAL",
  });
});

test.each(badPaths)("and so does C++ by itself: %j", async (path) => {
  const native = createRequire(import.meta.url)("../build/Release/udevns.node");
  const failed = await new Promise((resolve) => {
    native.execute(undefined, root, [{ op: "stat", path }], (_: unknown, [error]: unknown[]) => resolve(error));
  });
  expect(failed).toMatchObject({ code: "EINVAL", syscall: "path" });
});

test.each(["...", "..a", "a..", ".hidden", "a b", "ä", "c1:3"])("a plain name is a plain name: %j", async (path) => {
  const [seen] = await executeHere(root, [{ op: "stat", path }]);
  expect(seen).toEqual({ ok: true, result: { exists: false } });
});

const node = { op: "mknod", path: "x", type: "c", major: 1, minor: 3, mode: 0o600, uid: 0, gid: 0 } as const;

describe("numbers that C++ would cut are refused", () => {
  test.each<[string, Operation]>([
    ["uid", { ...node, uid: -1 }],
    ["gid", { ...node, gid: 2 ** 32 }],
    ["mode", { ...node, mode: Number.NaN }],
    ["minor", { ...node, minor: 1.5 }],
    ["maxBytes", { op: "readFile", path: "x", maxBytes: Number.POSITIVE_INFINITY }],
    ["maxEntries", { op: "readDir", path: "x", maxEntries: -1 }],
  ])("%s", async (field, operation) => {
    await expect(executeHere(root, [operation])).rejects.toMatchObject({
      code: "EINVAL",
      message: expect.stringContaining(field),
    });
  });
});
