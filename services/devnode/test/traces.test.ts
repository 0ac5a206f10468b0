import { expect, test } from "@jest/globals";
import type { FileStat } from "@udevns/native";
import { giveSteps } from "../src/give-steps.ts";
import { planGive } from "../src/plan-give.ts";
import { type PathTrace, removalOf, tracesOf } from "../src/traces.ts";
import { nodeSpec } from "./support/builders.ts";
import { absent, facts, there } from "./support/look.ts";

const NODES_DEV = 99n;
const root = { uid: 100_000, gid: 100_000 };
const ours = { nodesDev: NODES_DEV, root };
const isRoot = { readOnly: false, noDev: false, isRoot: true };

const owner = { mode: 0o660, ...root };
const node: PathTrace = { kind: "node", path: "dev/sda", devnum: { type: "b", major: 8, minor: 0 }, ...owner };
const bind: PathTrace = { kind: "bind", path: "dev/sda", source: "x/y" };
const link: PathTrace = { kind: "link", path: "dev/disk/one", to: "../sda" };
const file: PathTrace = { kind: "file", path: "run/udev/data/b8:0", size: 20 };
const directory: PathTrace = { kind: "directory", path: "dev/our" };

const removal = (trace: PathTrace, of: Partial<FileStat>, to = "") =>
  removalOf(trace, { stat: there(of), to }, ours)?.op;

test.each([
  ["its own node", node, { kind: "block", rdev: { major: 8, minor: 0 }, ...owner }, "", "unlink"],
  ["one that has no owner yet", node, { kind: "block", rdev: { major: 8, minor: 0 }, mode: 0 }, "", "unlink"],
  ["a mount of our tmpfs", bind, { kind: "block", dev: NODES_DEV, mount: isRoot }, "", "unbind"],
  ["the empty file below it", bind, { kind: "file", mode: 0 }, "", "unlink"],
  ["its own link", link, { kind: "symlink" }, "../sda", "unlink"],
  ["its own record", file, { kind: "file", size: 20, mode: 0o644, ...root }, "", "unlink"],
  ["the directory that was missing", directory, { kind: "dir" }, "", "rmdir"],
] as const)("%s goes", (_, trace, stat, to, op) => {
  expect(removal(trace, stat, to)).toBe(op);
});

test.each([
  ["a node of another number", node, { kind: "block", rdev: { major: 8, minor: 1 }, ...owner }, ""],
  ["a node of the other type", node, { kind: "char", rdev: { major: 8, minor: 0 }, ...owner }, ""],
  ["a node of another mode", node, { kind: "block", rdev: { major: 8, minor: 0 }, ...owner, mode: 0o666 }, ""],
  ["a node of another owner", node, { kind: "block", rdev: { major: 8, minor: 0 }, ...owner, uid: 0 }, ""],
  ["a file in a node's place", node, { kind: "file" }, ""],
  ["another's mount", bind, { kind: "block", dev: 5n, mount: isRoot }, ""],
  ["what lies on our tmpfs and is no mount", bind, { kind: "block", dev: NODES_DEV }, ""],
  ["a file with something in it", bind, { kind: "file", mode: 0, size: 3 }, ""],
  ["an empty file that can be opened", bind, { kind: "file", mode: 0o600 }, ""],
  ["a link to elsewhere", link, { kind: "symlink" }, "../sdb"],
  ["a file in a link's place", link, { kind: "file" }, "../sda"],
  ["a record of another length", file, { kind: "file", size: 21, mode: 0o644, ...root }, ""],
  ["a record of somebody else's", file, { kind: "file", size: 20, mode: 0o644, uid: 7, gid: 7 }, ""],
  ["a record that nobody else may read", file, { kind: "file", size: 20, mode: 0o600, ...root }, ""],
  ["a file in a directory's place", directory, { kind: "file" }, ""],
] as const)("%s stays", (_, trace, stat, to) => {
  expect(removal(trace, stat, to)).toBeUndefined();
});

test.each([node, bind, link, file, directory])("where nothing is, nothing is removed: $kind", (trace) => {
  expect(removalOf(trace, { stat: absent, to: "" }, ours)).toBeUndefined();
});

test("of the steps of a give, what they make may be left; what may have been there before is not counted", () => {
  const spec = nodeSpec("our/sda", { links: ["disk/one"] });
  const parents = [{ path: "dev/our", stat: absent }];
  const rootOwner = { uid: 0, gid: 0 };
  const steps = giveSteps({
    expected: [],
    plan: planGive(spec, facts({ parents })),
    spec,
    ids: rootOwner,
    root: rootOwner,
    host: undefined,
    record: [
      { op: "mkdir", path: "run", mode: 0o755, ...rootOwner },
      { op: "writeFile", path: "run/udev/control", data: Buffer.from(""), mode: 0o644, keep: true, ...rootOwner },
      { op: "writeFile", path: "run/udev/data/b8:0", data: Buffer.from("I:1\n"), mode: 0o644, ...rootOwner },
    ],
  });
  expect(tracesOf(steps)).toEqual([
    { kind: "directory", path: "dev/our" },
    { kind: "node", path: "dev/our/sda", devnum: { type: "b", major: 8, minor: 0 }, mode: 0o660, ...rootOwner },
    { kind: "link", path: "dev/disk/one", to: "../our/sda" },
    { kind: "file", path: "run/udev/data/b8:0", size: 4 },
  ]);
});
