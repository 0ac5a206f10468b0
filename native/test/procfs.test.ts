import { expect, test } from "@jest/globals";
import { parseCgroups, parseNamespace, parseStartTime } from "../src/procfs.ts";

const rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21";

test.each([
  ["plain", `42 (sleep) ${rest}`],
  ["spaces", `42 (a b c) ${rest}`],
  ["a name made to confuse", `42 (x) S 1 2 () ${rest}`],
])("finds the start time behind a name: %s", (_, stat) => {
  expect(parseStartTime(stat)).toBe(4711n);
});

test.each([
  ["net:[4026531840]", 4026531840n],
  ["mnt:[1]", 1n],
])("reads the inode of %s", (link, inode) => {
  expect(parseNamespace(link)).toBe(inode);
});

test.each([
  ["unified", "0::/user.slice\n", [{ hierarchy: 0, controllers: [], path: "/user.slice" }]],
  ["controllers", "4:cpu,cpuacct:/a\n", [{ hierarchy: 4, controllers: ["cpu", "cpuacct"], path: "/a" }]],
  ["named", "1:name=systemd:/\n", [{ hierarchy: 1, controllers: ["name=systemd"], path: "/" }]],
  ["a path with colons", "0::/a:b:c\n", [{ hierarchy: 0, controllers: [], path: "/a:b:c" }]],
  ["none", "", []],
])("parses cgroups: %s", (_, text, expected) => {
  expect(parseCgroups(text)).toEqual(expected);
});

test.each([
  ["stat", () => parseStartTime("42 (cut")],
  ["namespace", () => parseNamespace("pipe:[x]")],
  ["cgroup", () => parseCgroups("nonsense\n")],
])("says what it cannot parse: %s", (_, parse) => {
  expect(parse).toThrow(SyntaxError);
});
