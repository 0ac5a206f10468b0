import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { closeFd, type Identity, mountTmpfs, unmount } from "../src/index.ts";
import { type Kind, kinds } from "./support/container.ts";
import { useContainer } from "./support/visit.ts";

const nowhere: Identity = { dev: 1n, ino: 2n };

describe.each(kinds)("in a %s container", (kind: Kind) => {
  const visit = useContainer(kind);
  let host: string; // a tmpfs of the host, where nodes to bind are made
  let hostFd: number;
  beforeAll(() => {
    host = mkdtempSync(join(tmpdir(), "udevns-native-"));
    mountTmpfs(host, { mode: 0o700, sizeBytes: 1 << 20, inodes: 1000 });
    hostFd = openSync(host, "r");
  });
  afterAll(() => {
    closeSync(hostFd);
    unmount(host, true);
    rmSync(host, { recursive: true });
  });
  /** Binds a new node of /dev/null's, made on the host under the same name as in the container. */
  const bind = (path: string) =>
    ({
      op: "bind",
      path,
      directoryFd: hostFd,
      source: basename(path),
      type: "c",
      major: 1,
      minor: 3,
      mode: 0o600,
      ...visit.owned(),
    }) as const;

  test("bind: the host's node opens on a file system of the container; unbind leaves nothing", async () => {
    const path = "mnt/dev/null-2";
    const made = await visit.run(bind(path));
    const source = statSync(join(host, "null-2"), { bigint: true });
    expect(made).toMatchObject({ dev: source.dev, ino: source.ino });
    expect([Number(source.mode) & 0o777, Number(source.uid)]).toEqual([0o600, visit.container.root]);
    expect(await visit.run({ op: "stat", path })).toMatchObject({ kind: "char", mount: { isRoot: true } });
    expect(visit.container.inside("echo gone > /mnt/dev/null-2 && stat -c '%u %t:%T' /mnt/dev/null-2")).toBe("0 1:3\n");
    expect(() => statSync("/mnt/dev/null-2")).toThrow("ENOENT"); // not in our namespace
    const mountPoint = { dev: made.mountPointDev, ino: made.mountPointIno };
    expect(await visit.run({ op: "unbind", path, expect: made, mountPoint })).toEqual({ found: "ours" });
    expect(visit.container.inside("ls /mnt/dev")).not.toContain("null-2");
    expect(await visit.run({ op: "unbind", path, expect: made, mountPoint })).toEqual({ found: "missing" });
  });

  test("bind: is exclusive in the container and on the host", async () => {
    visit.container.inside("echo mine > /mnt/dev/mine-too");
    await expect(visit.run(bind("mnt/dev/mine-too"))).rejects.toMatchObject({ code: "EEXIST", syscall: "openat" });
    expect(visit.container.inside("cat /mnt/dev/mine-too")).toBe("mine\n");
    await expect(visit.run({ ...bind("mnt/dev/never"), source: "mine-too" })).rejects.toMatchObject({
      code: "EEXIST",
      syscall: "mknodat",
    });
    expect(visit.container.inside("ls /mnt/dev")).not.toContain("never");
  });

  test("unbind: works after the host's node is gone, and while it is in use", async () => {
    const path = "mnt/dev/null-4";
    const made = await visit.run(bind(path));
    rmSync(join(host, "null-4"));
    const user = await visit.run({ op: "open", path });
    const mountPoint = { dev: made.mountPointDev, ino: made.mountPointIno };
    expect(await visit.run({ op: "unbind", path, expect: made, mountPoint })).toEqual({ found: "ours" });
    expect(visit.container.inside("ls /mnt/dev")).not.toContain("null-4");
    closeFd(user.fd);
  });

  test("unbind: takes the mount point when the container has unmounted it itself", async () => {
    const path = "mnt/dev/null-5";
    const made = await visit.run(bind(path));
    visit.container.insideAsHost("umount /mnt/dev/null-5");
    const mountPoint = { dev: made.mountPointDev, ino: made.mountPointIno };
    expect(await visit.run({ op: "unbind", path, expect: made, mountPoint })).toEqual({ found: "ours" });
    expect(visit.container.inside("ls /mnt/dev")).not.toContain("null-5");
  });

  test("an inode that is not ours is never removed", async () => {
    visit.container.inside("cd /mnt/dev; echo mine > theirs; mkdir dir; ln -s theirs link");
    const expectation = { expect: nowhere, mountPoint: nowhere };
    for (const operation of [
      { op: "unlink", path: "mnt/dev/theirs", ...expectation },
      { op: "unlink", path: "mnt/dev/link", ...expectation },
      { op: "rmdir", path: "mnt/dev/dir", ...expectation },
      { op: "unbind", path: "mnt/dev/theirs", ...expectation },
      { op: "unbind", path: "mnt", ...expectation },
    ] as const)
      expect(await visit.run(operation)).toEqual({ found: "foreign" });
    expect(visit.container.inside("cd /mnt/dev; cat theirs; ls -d dir link")).toBe("mine\ndir\nlink\n");
  });

  test("unbind: a mount of the container over ours hides ours, and both stay", async () => {
    const path = "mnt/dev/null-6";
    const made = await visit.run(bind(path));
    visit.container.inside("echo theirs > /mnt/dev/cover; mount --bind /mnt/dev/cover /mnt/dev/null-6");
    const mountPoint = { dev: made.mountPointDev, ino: made.mountPointIno };
    const unbind = { op: "unbind", path, expect: made, mountPoint } as const;
    expect(await visit.run(unbind)).toEqual({ found: "foreign" });
    expect(visit.container.inside("cat /mnt/dev/null-6; umount /mnt/dev/null-6")).toBe("theirs\n");
    expect(await visit.run(unbind)).toEqual({ found: "ours" });
  });
});
