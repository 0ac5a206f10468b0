import { describe, expect, test } from "@jest/globals";
import { type ContainerTarget, UdevnsError } from "@udevns/protocol";
import { findHierarchies } from "../src/permission/hierarchies.ts";
import { ownCgroup } from "../src/permission/own-cgroup.ts";
import { formatPermission, isAllowedBy } from "../src/permission/permission.ts";
import { permissionError } from "../src/permission/permission-error.ts";
import { planFences } from "../src/permission/plan-fences.ts";

const ID = "e4aac1933dcecea28bb54a82116f2eef3f230499423031d289cd5fd0d39fb127";
const container = (of: Partial<ContainerTarget>): ContainerTarget => ({
  name: "c",
  instance: "boot:1:1",
  pid: 1,
  startTime: "1",
  namespaces: { net: "1", mnt: "2", user: "3" },
  userNamespaced: false,
  root: { uid: 0, gid: 0 },
  ...of,
});

describe("the cgroup that is the container's own", () => {
  test.each<[string, string, Partial<ContainerTarget>, string | undefined]>([
    ["the root limits nobody", "/", { runtime: "docker", id: ID }, undefined],
    ["outside of what we can see", "/../x", {}, undefined],
    ["Docker with cgroupfs", `/docker/${ID}`, { runtime: "docker", id: ID }, `/docker/${ID}`],
    ["a systemd in it", `/docker/${ID}/init.scope`, { runtime: "docker", id: ID }, `/docker/${ID}`],
    [
      "Docker with systemd",
      `/system.slice/docker-${ID}.scope`,
      { runtime: "docker", id: ID },
      `/system.slice/docker-${ID}.scope`,
    ],
    [
      "Podman",
      `/machine.slice/libpod-${ID}.scope/container`,
      { runtime: "podman", id: ID },
      `/machine.slice/libpod-${ID}.scope`,
    ],
    ["LXC", "/lxc.payload.c1/init.scope", { runtime: "lxc", id: "/var/lib/lxc/c1" }, "/lxc.payload.c1"],
    [
      "nspawn",
      "/machine.slice/machine-c1.scope/payload",
      { runtime: "nspawn", id: "c1" },
      "/machine.slice/machine-c1.scope",
    ],
    [
      "nspawn, as systemd escapes its name",
      "/machine.slice/machine-my\\x2dbox.scope/payload",
      { runtime: "nspawn", id: "my-box" },
      "/machine.slice/machine-my\\x2dbox.scope",
    ],
  ])("%s", (_, path, of, expected) => {
    expect(ownCgroup(path, container(of))?.path).toBe(expected);
  });

  test("one that does not bear the runtime's name is only taken after a look at its members", () => {
    expect(ownCgroup("/user.slice/session-1.scope", container({}))).toEqual({
      path: "/user.slice/session-1.scope",
      named: false,
    });
    expect(ownCgroup("/lxc.payload.c10", container({ runtime: "lxc", id: "/var/lib/lxc/c1" }))?.named).toBe(false);
  });
});

describe("fences", () => {
  const mounted = { v1: "/sys/fs/cgroup/devices", v2: "/sys/fs/cgroup/unified" };
  const memberships = (v1: string, v2: string) => [
    { hierarchy: 5, controllers: ["devices"], path: v1 },
    { hierarchy: 4, controllers: ["memory"], path: "/elsewhere" },
    { hierarchy: 0, controllers: [], path: v2 },
  ];

  test("a hybrid host: each hierarchy that the container is in, the root of neither", () => {
    const docker = container({ runtime: "docker", id: ID });
    expect(planFences(docker, memberships("/", `/docker/${ID}`), mounted)).toEqual([
      { kind: "v2", cgroup: `/docker/${ID}`, directory: `/sys/fs/cgroup/unified/docker/${ID}`, named: true },
    ]);
    expect(planFences(docker, memberships(`/docker/${ID}`, "/"), mounted).map(({ kind }) => kind)).toEqual(["v1"]);
    expect(planFences(docker, memberships("/", "/"), mounted)).toEqual([]);
  });

  test("each level down to the first process, as each may refuse", () => {
    const podman = container({ runtime: "podman", id: ID });
    const own = `/machine.slice/libpod-${ID}.scope`;
    const directories = (v1: string, v2: string) =>
      planFences(podman, memberships(v1, v2), mounted).map(({ directory }) => directory);
    expect(directories("/", `${own}/container`)).toEqual([
      `/sys/fs/cgroup/unified${own}`,
      `/sys/fs/cgroup/unified${own}/container`,
    ]);
    expect(directories(`${own}/a/b`, "/")).toEqual(["", "/a", "/a/b"].map((at) => `/sys/fs/cgroup/devices${own}${at}`));
  });

  test("LXC's own command for v2", () => {
    const lxc = container({ runtime: "lxc", id: "/var/lib/lxc/c1" });
    expect(planFences(lxc, memberships("/", "/lxc.payload.c1"), mounted)).toEqual([
      { kind: "lxc", name: "c1", lxcPath: "/var/lib/lxc", directory: "/sys/fs/cgroup/unified/lxc.payload.c1" },
    ]);
  });

  test("where they are mounted: whole hierarchies only", () => {
    const mountinfo = `31 30 0:33 / /sys/fs/cgroup/devices rw shared:1 - cgroup cgroup rw,devices
32 30 0:34 /docker/x /elsewhere rw - cgroup2 cgroup2 rw
33 30 0:34 / /sys/fs/cgroup/unified rw shared:2 - cgroup2 cgroup2 rw`;
    expect(findHierarchies(mountinfo)).toEqual(mounted);
  });
});

test("lines of devices.list", () => {
  const disk = { type: "b", major: 8, minor: 1, access: "rw" } as const;
  expect(formatPermission(disk)).toBe("b 8:1 rw");
  for (const line of ["a *:* rwm", "b *:* rwm", "b 8:* rw", "b 8:1 rw"]) expect(isAllowedBy(line, disk)).toBe(true);
  for (const line of ["b *:* m", "c *:* rwm", "b 8:10 rw", "b 8:1 r", ""]) expect(isAllowedBy(line, disk)).toBe(false);
});

describe("what a failure means", () => {
  const disk = { type: "b", major: 8, minor: 1, access: "rw" } as const;
  const missing = Object.assign(new Error("spawn lxc-cgroup ENOENT"), { code: "ENOENT" });
  const meaning = (cause: unknown, alive: boolean) => permissionError(container({}), disk, cause, () => alive).code;

  test("only a container that has ended is gone: a missing program or cgroup alone does not say so", () => {
    expect(meaning(missing, false)).toBe("UDEVNS_E_CONTAINER_GONE");
    expect(meaning(missing, true)).toBe("UDEVNS_E_PERMISSION");
  });

  test("anything else is no end, and an error of ours stays what it is", () => {
    expect(meaning(Object.assign(new Error("no"), { code: "EPERM" }), false)).toBe("UDEVNS_E_PERMISSION");
    expect(meaning(new UdevnsError("UDEVNS_E_CGROUP"), false)).toBe("UDEVNS_E_CGROUP");
  });
});
