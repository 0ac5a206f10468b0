import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { readAttributes } from "../src/index.ts";

const directory = mkdtempSync(join(tmpdir(), "udevns-attributes-"));
afterAll(() => rmSync(directory, { recursive: true }));

const texts = (names: readonly string[], maxBytes = 10) =>
  readAttributes(directory, names, maxBytes).map((value) => value?.toString());

test("what is there is read whole, in the order of its names, and what is not there is undefined", () => {
  mkdirSync(join(directory, "sub"));
  writeFileSync(join(directory, "a"), "one\n");
  writeFileSync(join(directory, "sub/b"), "two");
  writeFileSync(join(directory, "empty"), "");
  symlinkSync("a", join(directory, "link"));
  expect(texts(["sub/b", "none", "a", "empty", "link"])).toEqual(["two", undefined, "one\n", "", "one\n"]);
  expect(readAttributes(join(directory, "none"), ["a"], 10)).toEqual([]);
  expect(texts([])).toEqual([]);
});

test("what is longer, no file, or a fifo that nobody writes is undefined, and keeps nobody waiting", () => {
  writeFileSync(join(directory, "ten"), "0123456789");
  writeFileSync(join(directory, "eleven"), "0123456789a");
  execFileSync("mkfifo", [join(directory, "fifo")]);
  expect(texts(["ten", "eleven", "sub", "fifo"])).toEqual(["0123456789", undefined, undefined, ""]);
});

test("sysfs is read as node:fs reads it", () => {
  const names = ["address", "mtu", "ifindex", "no_such", "phys_port_id"];
  const [address, mtu, ifindex, none, refused] = readAttributes("/sys/class/net/lo", names, 4096);
  expect([address, mtu, ifindex]).toEqual(
    ["address", "mtu", "ifindex"].map((name) => readFileSync(`/sys/class/net/lo/${name}`)),
  );
  expect([none, refused]).toEqual([undefined, undefined]);
});

test.each([
  [["a\0b"], 10],
  [["a"], -1],
  [["a"], 1e9],
] as const)("refuses %j, %j", (names, maxBytes) => {
  expect(() => readAttributes(directory, names, maxBytes)).toThrow(expect.objectContaining({ code: "EINVAL" }));
});
