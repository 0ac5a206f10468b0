import { expect, test } from "@jest/globals";
import type { ContainerRecord } from "@udevns/protocol";
import { type ContainerFacts, diagnose, diagnoseHost } from "../src/doctor/diagnose.ts";
import { isReadOnly } from "../src/doctor/facts.ts";

const host = { root: true, udev: false, jitHarden: 0, lxcCgroup: true };
const record = (of: Partial<ContainerRecord> = {}): ContainerRecord => ({
  v: 1,
  host: "h",
  boot: "b",
  name: "web",
  instance: "b:1:1",
  pid: 1,
  startTime: "1",
  namespaces: { net: "1", mnt: "2", user: "3" },
  userNamespaced: false,
  root: { uid: 0, gid: 0 },
  runtime: "docker",
  state: "running",
  labels: {},
  idMap: { uid: [], gid: [] },
  cgroups: [{ hierarchy: 0, controllers: [], path: "/docker/x" }],
  since: "",
  ...of,
});
const facts = (of: Partial<ContainerFacts> = {}): ContainerFacts => ({
  record: record(),
  readable: true,
  devIsHosts: false,
  sysReadOnly: true,
  runReadOnly: false,
  control: "missing",
  listensToKernel: false,
  listensToUdev: false,
  ...of,
});
const levels = (of: Partial<ContainerFacts>) =>
  Object.fromEntries(diagnose(facts(of), host).map(({ check, level }) => [check, level]));

test("a default Docker container: works, and hears the host's events", () => {
  expect(levels({})).toEqual({ leak: "note", dev: "ok", sys: "note", udev: "ok", cgroup: "ok" });
});

test("what does not work is a problem with a mend", () => {
  expect(levels({ devIsHosts: true }).dev).toBe("problem");
  expect(levels({ runReadOnly: true }).udev).toBe("problem");
  expect(levels({ readable: false })).toEqual({ rights: "problem" });
  const lxc = record({ runtime: "lxc" });
  expect(diagnose(facts({ record: lxc }), { ...host, lxcCgroup: false }).at(-1)).toMatchObject({ level: "problem" });
  expect(diagnoseHost({ ...host, jitHarden: 2 }).map(({ level }) => level)).toEqual(["ok", "note", "problem"]);
  for (const finding of diagnose(facts({ devIsHosts: true }), host))
    if (finding.level === "problem") expect(finding.mend).toBeTruthy();
});

test("the mount that a path lies on", () => {
  const mounts = "1 0 0:1 / / rw - ext4 x rw\n2 1 0:2 / /sys ro,nosuid - sysfs sysfs ro\n3 2 0:3 / /sys/fs rw - x x rw";
  expect([isReadOnly(mounts, "/sys"), isReadOnly(mounts, "/run"), isReadOnly(mounts, "/sys/fs")]).toEqual([
    true,
    false,
    false,
  ]);
});
