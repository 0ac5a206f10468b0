import { expect, test } from "@jest/globals";
import type { ProcessInfo } from "@udevns/native";
import { ContainerRecord, checked } from "@udevns/protocol";
import { type Recognised, recognise } from "../src/recognise.ts";

const own = { net: 1n, mnt: 2n, user: 3n } as ProcessInfo["namespaces"];
const whole = [{ inside: 0, outside: 0, count: 4294967295 }];
const process = (of: Partial<ProcessInfo> = {}): ProcessInfo => ({
  pid: 42,
  startTime: 7_000n,
  namespaces: { ...own, net: 11n, mnt: 12n },
  cgroups: [{ hierarchy: 0, controllers: [], path: "/web" }],
  uidMap: whole,
  gidMap: whole,
  ...of,
});
const about: Recognised = {
  name: "web",
  host: "lab",
  boot: "b0",
  runtime: "process",
  labels: { a: "b" },
  since: new Date(0),
};

test("a process with its own network and mounts is a container", () => {
  expect(checked(ContainerRecord, recognise(process(), own, about), "record")).toMatchObject({
    name: "web",
    instance: "b0:42:7000",
    pid: 42,
    startTime: "7000",
    namespaces: { net: "11", mnt: "12", user: "3" },
    userNamespaced: false,
    root: { uid: 0, gid: 0 },
    state: "running",
    labels: { a: "b" },
    since: "1970-01-01T00:00:00.000Z",
  });
});

test.each([
  ["net", { net: 1n, mnt: 12n }],
  ["mnt", { net: 11n, mnt: 2n }],
  ["net and mnt", { net: 1n, mnt: 2n }],
])("one that shares %s with the host is none", (namespaces, shared) => {
  expect(() => recognise(process({ namespaces: { ...own, ...shared } }), own, about)).toThrow(
    expect.objectContaining({ code: "UDEVNS_E_PID_HOST", fields: { pid: "42", namespaces } }),
  );
});

test.each([
  ["from the start", [{ inside: 0, outside: 100_000, count: 65_536 }], 100_000],
  [
    "in another range than the first",
    [
      { inside: 5, outside: 7, count: 1 },
      { inside: 0, outside: 900, count: 1 },
    ],
    900,
  ],
])("in a user namespace its root is who it is mapped to: %s", (_, map, root) => {
  const inside = process({ namespaces: { ...own, net: 11n, mnt: 12n, user: 13n }, uidMap: map });
  expect(recognise(inside, own, about)).toMatchObject({ userNamespaced: true, root: { uid: root, gid: 0 } });
});

test.each([
  ["uid", { uidMap: [{ inside: 1, outside: 1, count: 10 }] }],
  ["gid", { gidMap: [] }],
])("one whose %s 0 is nobody can own no node", (kind, map) => {
  expect(() => recognise(process(map), own, about)).toThrow(
    expect.objectContaining({ code: "UDEVNS_E_PID", message: expect.stringContaining(`maps no ${kind} 0`) }),
  );
});

test("what its runtime says of it is kept, what it does not say is not made up", () => {
  expect(recognise(process(), own, { ...about, id: "f00", state: "paused" })).toMatchObject({
    id: "f00",
    state: "paused",
  });
  expect(recognise(process(), own, about)).not.toHaveProperty("id");
});
