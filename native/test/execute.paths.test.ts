import { describe, expect, test } from "@jest/globals";
import { type Kind, kinds } from "./support/container.ts";
import { useContainer } from "./support/visit.ts";

describe.each(kinds)("in a %s container", (kind: Kind) => {
  const visit = useContainer(kind);

  test("stat: of a read-only, nodev mount", async () => {
    visit.container.inside("mkdir /mnt/ro");
    visit.container.insideAsHost("mount -t tmpfs -o ro,nodev ro /mnt/ro");
    expect(await visit.run({ op: "stat", path: "mnt/ro" })).toMatchObject({
      kind: "dir",
      mount: { readOnly: true, noDev: true, isRoot: true },
    });
  });

  test("a symlink on the way is ELOOP, wherever it leads", async () => {
    visit.container.inside("mkdir -p /mnt/evil; ln -s /mnt/dev /mnt/evil/dev; ln -s /proc/self/root /mnt/evil/root");
    for (const parent of ["mnt/evil/dev", "mnt/evil/root", "mnt/evil/dev/sub", "proc/self/root"]) {
      const node = { op: "mknod", type: "c", major: 1, minor: 3, mode: 0o666, ...visit.owned() } as const;
      await expect(visit.run({ ...node, path: `${parent}/x` })).rejects.toMatchObject({
        code: "ELOOP",
        syscall: "openat2",
      });
      await expect(visit.run({ op: "stat", path: `${parent}/x` })).rejects.toMatchObject({ code: "ELOOP" });
    }
    expect(visit.container.inside("ls /mnt/dev")).not.toContain("x\n");
  });
});
