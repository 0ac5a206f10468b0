import { describe, expect, test } from "@jest/globals";
import { containerFromSketch } from "@udevns/policy";
import type { ContainerRecord, GateState } from "@udevns/protocol";
import { type ContainerFacts, diagnose, diagnoseHost } from "../src/doctor/diagnose.ts";
import { isReadOnly } from "../src/doctor/facts.ts";

const host = { root: true, bpfGate: undefined, udev: false, jitHarden: 0, lxcCgroup: true };
const record = (of: Partial<ContainerRecord> = {}): ContainerRecord => ({
  ...containerFromSketch({ name: "web", runtime: "docker" }, "h"),
  cgroups: [{ hierarchy: 0, controllers: [], path: "/docker/x" }],
  ...of,
});
const facts = (of: Partial<ContainerFacts> = {}): ContainerFacts => ({
  record: record(),
  gate: undefined,
  hearsHost: true,
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
  expect(diagnoseHost({ ...host, jitHarden: 2 }).map(({ level }) => level)).toEqual(["ok", "note", "problem", "ok"]);
  for (const finding of diagnose(facts({ devIsHosts: true }), host))
    if (finding.level === "problem") expect(finding.mend).toBeTruthy();
});

describe("what it hears of the host", () => {
  const gate = (of: Partial<GateState>): GateState => ({
    container: "web",
    instance: "b:1:1",
    wish: "auto",
    kind: "none",
    ...of,
  });
  const leak = (of: Partial<ContainerFacts>) => diagnose(facts(of), host).find(({ check }) => check === "leak");

  test.each([
    [
      "its own user namespace",
      { hearsHost: false, record: record({ userNamespaced: true }) },
      "ok",
      /it has a user namespace/,
    ],
    ["another's, as udevns-oci makes one", { hearsHost: false }, "ok", /another user namespace/],
    // Docker's --net=host with userns-remap, a pod's shared namespace: the network's owner decides.
    ["a user namespace and the host's network", { record: record({ userNamespaced: true }) }, "note", /hears all/],
    ["gated", { gate: gate({ kind: "bpf", dropped: 12 }) }, "ok", /kept out of it: bpf, 12 dropped/],
    ["gated by the module", { gate: gate({ kind: "module" }) }, "ok", /kept out of it: module/],
    ["a gate that cannot be", { gate: gate({ detail: "bpf: why" }) }, "note", /hears all.*bpf: why/],
    ["one that must be", { gate: gate({ wish: "require", detail: "bpf: why" }) }, "problem", /no device: .*bpf: why/],
  ])("%s", (_, of, level, text) => {
    expect(leak(of)).toMatchObject({ level, text: expect.stringMatching(text) });
  });

  test("whether a gate can be here is said once, of the host", () => {
    expect(diagnoseHost({ ...host, bpfGate: "no bpf in the list" }).at(-1)).toEqual({
      level: "note",
      check: "leak",
      text: "no BPF gate: no bpf in the list",
      mend: "udevns-oci or udevns.ko can do it instead (docs/kernel.md)",
    });
  });
});

test("the mount that a path lies on", () => {
  const mounts = "1 0 0:1 / / rw - ext4 x rw\n2 1 0:2 / /sys ro,nosuid - sysfs sysfs ro\n3 2 0:3 / /sys/fs rw - x x rw";
  expect([isReadOnly(mounts, "/sys"), isReadOnly(mounts, "/run"), isReadOnly(mounts, "/sys/fs")]).toEqual([
    true,
    false,
    false,
  ]);
});
