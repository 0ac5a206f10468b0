import { describe, expect, test } from "@jest/globals";
import type { ErrorCode } from "@udevns/protocol";
import { type GiveFacts, planGive } from "../src/plan-give.ts";
import { nodeSpec } from "./support/builders.ts";
import { absent, facts, HOST_DEV, node, there } from "./support/look.ts";

const sda = nodeSpec("sda");
const event = nodeSpec("input/event3", { devnum: { type: "c", major: 13, minor: 67 } });
const readOnly = { readOnly: true, noDev: false, isRoot: true };
const noDev = { readOnly: false, noDev: true, isRoot: true };

describe("how the node gets there", () => {
  test.each<[string, GiveFacts, string]>([
    ["made where the container's own /dev can hold it", facts(), "mknod"],
    ["bound in a user namespace: what is mounted there opens no nodes", facts({}, { userNamespaced: true }), "bind"],
    ["bound where /dev is mounted nodev", facts({ dev: there({ mount: noDev }) }), "bind"],
  ])("%s", (_, given, how) =>
    expect(planGive(sda, given)).toMatchObject({ node: how, path: "dev/sda", directories: [] }),
  );

  test("the mount that counts is that of the nearest directory that is there", () => {
    const input = (mount: typeof noDev) => ({ path: "dev/input", stat: there({ mount }) });
    expect(planGive(event, facts({ parents: [input(noDev)] })).node).toBe("bind");
    const over = facts({ dev: there({ mount: noDev }), parents: [input({ ...noDev, noDev: false })] });
    expect(planGive(event, over).node).toBe("mknod");
  });
});

describe("directories above it", () => {
  const usb = nodeSpec("bus/usb/001/002");

  test("are made from the top, those that are missing", () => {
    const parents = [
      { path: "dev/bus", stat: there() },
      { path: "dev/bus/usb", stat: absent },
      { path: "dev/bus/usb/001", stat: absent },
    ];
    expect(planGive(usb, facts({ parents })).directories).toEqual([
      { op: "mkdir", path: "dev/bus/usb", mode: 0o755, uid: 0, gid: 0 },
      { op: "mkdir", path: "dev/bus/usb/001", mode: 0o755, uid: 0, gid: 0 },
    ]);
  });

  test.each(["symlink", "file", "char"] as const)("a %s in the place of one is refused", (kind) => {
    const parents = [{ path: "dev/bus", stat: there({ kind }) }];
    expect(() => planGive(usb, facts({ parents }))).toThrow(
      expect.objectContaining({ code: "UDEVNS_E_NODE_EXISTS", fields: { name: "web", path: "/dev/bus", kind } }),
    );
  });
});

describe("what is there already", () => {
  test("is found where it is that very node, and is not ours", () => {
    expect(planGive(sda, facts({ node: node() })).node).toBe("found");
  });

  test("needs no directories, and may lie on what is read-only", () => {
    const parents = [{ path: "dev/input", stat: there({ mount: readOnly }) }];
    const given = facts({ parents, node: node({ kind: "char", rdev: { major: 13, minor: 67 } }) });
    expect(planGive(event, given)).toMatchObject({ node: "found", directories: [] });
  });

  test.each([
    ["a file", node({ kind: "file" })],
    ["a link", node({ kind: "symlink" })],
    ["a directory", there()],
    ["a character device of the same number", node({ kind: "char" })],
    ["another major number", node({ rdev: { major: 9, minor: 0 } })],
    ["another minor number", node({ rdev: { major: 8, minor: 1 } })],
  ])("is refused as %s", (_, stat) => {
    expect(() => planGive(sda, facts({ node: stat }))).toThrow(
      expect.objectContaining({ code: "UDEVNS_E_NODE_EXISTS", fields: expect.objectContaining({ path: "/dev/sda" }) }),
    );
  });
});

describe("what is never touched", () => {
  const hosts = there({ dev: HOST_DEV });
  test.each<[string, GiveFacts, ErrorCode]>([
    ["the host's own /dev", facts({ dev: hosts }), "UDEVNS_E_NODE_HOST_DEV"],
    ["… with the very node in it", facts({ dev: hosts, node: node() }), "UDEVNS_E_NODE_HOST_DEV"],
    ["… bound in below", facts({ parents: [{ path: "dev/input", stat: hosts }] }), "UDEVNS_E_NODE_HOST_DEV"],
    ["a read-only /dev", facts({ dev: there({ mount: readOnly }) }), "UDEVNS_E_NODE_FS"],
    ["… in a user namespace", facts({ dev: there({ mount: readOnly }) }, { userNamespaced: true }), "UDEVNS_E_NODE_FS"],
    [
      "a read-only directory below",
      facts({ parents: [{ path: "dev/input", stat: there({ mount: readOnly }) }] }),
      "UDEVNS_E_NODE_FS",
    ],
  ])("%s", (_, given, code) => {
    expect(() => planGive(event, given)).toThrow(
      expect.objectContaining({ code, fields: expect.objectContaining({ name: "web" }) }),
    );
  });

  test("anything outside /dev, by the node's name or a link's", () => {
    const code = "UDEVNS_E_NODE_PATH";
    expect(() => planGive(nodeSpec("../etc/passwd"), facts())).toThrow(expect.objectContaining({ code }));
    expect(() => planGive(nodeSpec("sda", { links: ["../../x"] }), facts())).toThrow(expect.objectContaining({ code }));
  });
});

test("links lead to the node from where they are", () => {
  const spec = nodeSpec("input/event3", { links: ["keyboard", "input/by-id/usb-kbd"] });
  expect(planGive(spec, facts()).links).toEqual([
    { path: "dev/keyboard", to: "input/event3" },
    { path: "dev/input/by-id/usb-kbd", to: "../../input/event3" },
  ]);
});
