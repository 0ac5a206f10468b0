import { beforeAll, describe, expect, test } from "@jest/globals";
import { type Kind, kinds } from "./support/container.ts";
import { useContainer } from "./support/visit.ts";

describe.each(kinds)("in a %s container", (kind: Kind) => {
  const visit = useContainer(kind);
  // A file system of the host inside the container: there a node made by mknod works in both kinds.
  beforeAll(() => void visit.container.insideAsHost("mount -t tmpfs -o mode=755 host /srv && mkdir /srv/dev"));

  test("mknod: the node opens inside and has its owner, mode and number", async () => {
    const path = "srv/dev/null-1";
    const made = await visit.run({ op: "mknod", path, type: "c", major: 1, minor: 3, mode: 0o640, ...visit.owned() });
    expect(await visit.run({ op: "stat", path })).toMatchObject({
      ...made,
      exists: true,
      kind: "char",
      rdev: { major: 1, minor: 3 },
      mode: 0o640,
      ...visit.owned(),
      fsType: 0x01021994, // TMPFS_MAGIC
      mount: { readOnly: false, noDev: false, isRoot: false },
    });
    expect(visit.container.inside("echo gone > /srv/dev/null-1 && stat -c '%u %a %t:%T' /srv/dev/null-1")).toBe(
      "0 640 1:3\n",
    );
    expect(await visit.run({ op: "unlink", path, expect: made })).toEqual({ found: "ours" });
    expect(await visit.run({ op: "stat", path })).toEqual({ exists: false });
  });

  test("mknod: a block device keeps a large minor number", async () => {
    const path = "srv/dev/block";
    await visit.run({ op: "mknod", path, type: "b", major: 259, minor: 70_000, mode: 0o600, ...visit.owned() });
    expect(await visit.run({ op: "stat", path })).toMatchObject({
      kind: "block",
      rdev: { major: 259, minor: 70_000 },
    });
  });

  test("mknod: is exclusive and changes nothing that is there", async () => {
    visit.container.inside("echo mine > /mnt/dev/mine; chmod 604 /mnt/dev/mine");
    const node = { op: "mknod", type: "c", major: 1, minor: 3, mode: 0o666, ...visit.owned() } as const;
    await expect(visit.run({ ...node, path: "mnt/dev/mine" })).rejects.toMatchObject({
      name: "NativeError",
      code: "EEXIST",
      syscall: "mknodat",
      target: "mnt/dev/mine",
    });
    expect(visit.container.inside("cat /mnt/dev/mine; stat -c %a /mnt/dev/mine")).toBe("mine\n604\n");
  });
});
