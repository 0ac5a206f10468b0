import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  closeFd,
  executeHere,
  executeIn,
  type Identity,
  mountTmpfs,
  type Operation,
  type OperationName,
  type OperationResult,
  openFlags,
  openPidfd,
  unmount,
} from "../src/index.ts";
import { type Container, type Kind, kinds, startContainer } from "./support/container.ts";

const nowhere: Identity = { dev: 1n, ino: 2n };
const NULL_DEVICE = { type: "c", major: 1, minor: 3 } as const;

/** The result of one operation, or its error thrown. */
async function run<Name extends OperationName>(
  container: Container,
  operation: Operation<Name>,
): Promise<OperationResult<Name>> {
  const [outcome] = await executeIn(container.target, [operation as Operation]);
  if (outcome.ok) return outcome.result as OperationResult<Name>;
  throw "error" in outcome ? outcome.error : new Error("skipped");
}

describe.each(kinds)("in a %s container", (kind: Kind) => {
  let container: Container;
  let host: string; // a tmpfs of the host, where nodes to bind are made
  const owned = () => ({ uid: container.root, gid: container.root });

  beforeAll(async () => {
    container = await startContainer(kind);
    // A file system of the host inside the container: there a node made by mknod works in both kinds.
    container.insideAsHost("mount -t tmpfs -o mode=755 host /srv && mkdir /srv/dev");
    host = mkdtempSync(join(tmpdir(), "udevns-native-"));
    mountTmpfs(host, { mode: 0o700, sizeBytes: 1 << 20, inodes: 1000 });
    hostFd = openSync(host, "r");
  });
  afterAll(async () => {
    await container.stop();
    closeSync(hostFd);
    unmount(host, true);
    rmSync(host, { recursive: true });
  });

  let hostFd: number;
  /** Binds a new node of /dev/null's, made on the host under the same name as in the container. */
  const bind = (path: string) =>
    ({
      op: "bind",
      path,
      directoryFd: hostFd,
      source: basename(path),
      ...NULL_DEVICE,
      mode: 0o600,
      ...owned(),
    }) as const;

  test("mknod: the node opens inside and has its owner, mode and number", async () => {
    const path = "srv/dev/null-1";
    const made = await run(container, { op: "mknod", path, type: "c", major: 1, minor: 3, mode: 0o640, ...owned() });
    expect(await run(container, { op: "stat", path })).toMatchObject({
      ...made,
      exists: true,
      kind: "char",
      rdev: { major: 1, minor: 3 },
      mode: 0o640,
      ...owned(),
      fsType: 0x01021994, // TMPFS_MAGIC
      mount: { readOnly: false, noDev: false, isRoot: false },
    });
    expect(container.inside("echo gone > /srv/dev/null-1 && stat -c '%u %a %t:%T' /srv/dev/null-1")).toBe(
      "0 640 1:3\n",
    );
    expect(await run(container, { op: "unlink", path, expect: made })).toEqual({ found: "ours" });
    expect(await run(container, { op: "stat", path })).toEqual({ exists: false });
  });

  test("mknod: a block device keeps a large minor number", async () => {
    const path = "srv/dev/block";
    await run(container, { op: "mknod", path, type: "b", major: 259, minor: 70_000, mode: 0o600, ...owned() });
    expect(await run(container, { op: "stat", path })).toMatchObject({
      kind: "block",
      rdev: { major: 259, minor: 70_000 },
    });
  });

  test("mknod: is exclusive and changes nothing that is there", async () => {
    container.inside("echo mine > /mnt/dev/mine; chmod 604 /mnt/dev/mine");
    const node = { op: "mknod", type: "c", major: 1, minor: 3, mode: 0o666, ...owned() } as const;
    await expect(run(container, { ...node, path: "mnt/dev/mine" })).rejects.toMatchObject({
      name: "NativeError",
      code: "EEXIST",
      syscall: "mknodat",
      target: "mnt/dev/mine",
    });
    expect(container.inside("cat /mnt/dev/mine; stat -c %a /mnt/dev/mine")).toBe("mine\n604\n");
  });

  test("bind: the host's node opens on a file system of the container; unbind leaves nothing", async () => {
    const path = "mnt/dev/null-2";
    const made = await run(container, bind(path));
    const source = statSync(join(host, "null-2"), { bigint: true });
    expect(made).toMatchObject({ dev: source.dev, ino: source.ino });
    expect([Number(source.mode) & 0o777, Number(source.uid)]).toEqual([0o600, container.root]);
    expect(await run(container, { op: "stat", path })).toMatchObject({ kind: "char", mount: { isRoot: true } });
    expect(container.inside("echo gone > /mnt/dev/null-2 && stat -c '%u %t:%T' /mnt/dev/null-2")).toBe("0 1:3\n");
    expect(() => statSync("/mnt/dev/null-2")).toThrow("ENOENT"); // not in our namespace
    const mountPoint = { dev: made.mountPointDev, ino: made.mountPointIno };
    expect(await run(container, { op: "unbind", path, expect: made, mountPoint })).toEqual({ found: "ours" });
    expect(container.inside("ls /mnt/dev")).not.toContain("null-2");
    expect(await run(container, { op: "unbind", path, expect: made, mountPoint })).toEqual({ found: "missing" });
  });

  test("bind: is exclusive in the container and on the host", async () => {
    container.inside("echo mine > /mnt/dev/mine-too");
    await expect(run(container, bind("mnt/dev/mine-too"))).rejects.toMatchObject({ code: "EEXIST", syscall: "openat" });
    expect(container.inside("cat /mnt/dev/mine-too")).toBe("mine\n");
    await expect(run(container, { ...bind("mnt/dev/never"), source: "mine-too" })).rejects.toMatchObject({
      code: "EEXIST",
      syscall: "mknodat",
    });
    expect(container.inside("ls /mnt/dev")).not.toContain("never");
  });

  test("what may fail does not keep the rest from being done", async () => {
    const made = { mode: 0o755, ...owned() };
    const outcomes = await executeIn(container.target, [
      { op: "mkdir", path: "mnt/none/below", ...made, mayFail: true },
      { op: "mkdir", path: "mnt/dev/after", ...made },
      { op: "mkdir", path: "mnt/none/below", ...made },
      { op: "mkdir", path: "mnt/dev/never-made", ...made, mayFail: true },
    ]);
    expect(outcomes).toMatchObject([
      { ok: false, error: { code: "ENOENT" } },
      { ok: true, result: { created: true } },
      { ok: false, error: { code: "ENOENT" } },
      { ok: false, skipped: true },
    ]);
  });

  test("unbind: works after the host's node is gone, and while it is in use", async () => {
    const path = "mnt/dev/null-4";
    const made = await run(container, bind(path));
    rmSync(join(host, "null-4"));
    const user = await run(container, { op: "open", path });
    const mountPoint = { dev: made.mountPointDev, ino: made.mountPointIno };
    expect(await run(container, { op: "unbind", path, expect: made, mountPoint })).toEqual({ found: "ours" });
    expect(container.inside("ls /mnt/dev")).not.toContain("null-4");
    closeFd(user.fd);
  });

  test("unbind: takes the mount point when the container has unmounted it itself", async () => {
    const path = "mnt/dev/null-5";
    const made = await run(container, bind(path));
    container.insideAsHost("umount /mnt/dev/null-5");
    const mountPoint = { dev: made.mountPointDev, ino: made.mountPointIno };
    expect(await run(container, { op: "unbind", path, expect: made, mountPoint })).toEqual({ found: "ours" });
    expect(container.inside("ls /mnt/dev")).not.toContain("null-5");
  });

  test("an inode that is not ours is never removed", async () => {
    container.inside("cd /mnt/dev; echo mine > theirs; mkdir dir; ln -s theirs link");
    const expectation = { expect: nowhere, mountPoint: nowhere };
    for (const operation of [
      { op: "unlink", path: "mnt/dev/theirs", ...expectation },
      { op: "unlink", path: "mnt/dev/link", ...expectation },
      { op: "rmdir", path: "mnt/dev/dir", ...expectation },
      { op: "unbind", path: "mnt/dev/theirs", ...expectation },
      { op: "unbind", path: "mnt", ...expectation },
    ] as const)
      expect(await run(container, operation)).toEqual({ found: "foreign" });
    expect(container.inside("cd /mnt/dev; cat theirs; ls -d dir link")).toBe("mine\ndir\nlink\n");
  });

  test("unbind: a mount of the container over ours hides ours, and both stay", async () => {
    const path = "mnt/dev/null-6";
    const made = await run(container, bind(path));
    container.inside("echo theirs > /mnt/dev/cover; mount --bind /mnt/dev/cover /mnt/dev/null-6");
    const mountPoint = { dev: made.mountPointDev, ino: made.mountPointIno };
    const unbind = { op: "unbind", path, expect: made, mountPoint } as const;
    expect(await run(container, unbind)).toEqual({ found: "foreign" });
    expect(container.inside("cat /mnt/dev/null-6; umount /mnt/dev/null-6")).toBe("theirs\n");
    expect(await run(container, unbind)).toEqual({ found: "ours" });
  });

  test("mkdir and rmdir", async () => {
    const path = "mnt/dev/snd";
    const mkdir = { op: "mkdir", path, mode: 0o2750, ...owned() } as const;
    const made = await run(container, mkdir);
    expect(made).toMatchObject({ created: true });
    expect(await run(container, { ...mkdir, mode: 0o777 })).toEqual({ ...made, created: false });
    expect(await run(container, { op: "stat", path })).toMatchObject({ kind: "dir", mode: 0o2750, ...owned() });
    container.inside("touch /mnt/dev/snd/seq");
    expect(await run(container, { op: "rmdir", path, expect: made })).toEqual({ found: "notEmpty" });
    container.inside("rm /mnt/dev/snd/seq");
    expect(await run(container, { op: "rmdir", path, expect: made })).toEqual({ found: "ours" });
    expect(await run(container, { op: "rmdir", path, expect: made })).toEqual({ found: "missing" });
    expect(await run(container, { op: "rmdir", path: "mnt/a/b/c", expect: made })).toEqual({ found: "missing" });
    container.inside("touch /mnt/dev/file");
    await expect(run(container, { ...mkdir, path: "mnt/dev/file" })).rejects.toMatchObject({ code: "EEXIST" });
  });

  test("symlink and readlink: the same link counts, another does not", async () => {
    const path = "mnt/dev/mouse";
    const symlink = { op: "symlink", path, to: "input/mouse0", ...owned() } as const;
    const made = await run(container, symlink);
    expect(made).toMatchObject({ created: true });
    expect(await run(container, symlink)).toEqual({ ...made, created: false });
    await expect(run(container, { ...symlink, to: "input/mouse" })).rejects.toMatchObject({ code: "EEXIST" });
    await expect(run(container, { ...symlink, to: "input/mouse00" })).rejects.toMatchObject({ code: "EEXIST" });
    expect(await run(container, { op: "readlink", path })).toEqual({ exists: true, to: "input/mouse0" });
    expect(await run(container, { op: "readlink", path: "mnt/dev/none" })).toEqual({ exists: false, to: "" });
    expect(await run(container, { op: "stat", path })).toMatchObject({ kind: "symlink", ...owned() });
    expect(await run(container, { op: "unlink", path, expect: made })).toEqual({ found: "ours" });
  });

  test("writeFile that shall keep what is there makes only what is missing", async () => {
    const kept = { op: "writeFile", path: "mnt/dev/kept", mode: 0o644, keep: true, ...owned() } as const;
    expect(await run(container, { ...kept, data: Buffer.from("first") })).toMatchObject({ created: true });
    expect(await run(container, { ...kept, data: Buffer.from("second") })).toMatchObject({ created: false });
    expect(container.inside("cat /mnt/dev/kept; rm /mnt/dev/kept")).toBe("first");
  });

  test("writeFile replaces what is there, even a link, and leaves no other name", async () => {
    container.inside("mkdir /mnt/run; echo target > /mnt/target; ln -s ../target /mnt/run/c1:3");
    const path = "mnt/run/c1:3";
    const data = Buffer.from("E:ID_INPUT=1\n");
    const made = await run(container, { op: "writeFile", path, data, mode: 0o644, ...owned() });
    expect(container.inside("cat /mnt/run/c1:3 /mnt/target; ls -A /mnt/run; stat -c '%u %a' /mnt/run/c1:3")).toBe(
      "E:ID_INPUT=1\ntarget\nc1:3\n0 644\n",
    );
    expect(await run(container, { op: "unlink", path, expect: made })).toEqual({ found: "ours" });
    container.inside("mkdir /mnt/run/dir");
    const onDirectory = { op: "writeFile", path: "mnt/run/dir", data, mode: 0o644, ...owned() } as const;
    await expect(run(container, onDirectory)).rejects.toMatchObject({ code: "EISDIR", syscall: "renameat2" });
    expect(container.inside("ls -A /mnt/run")).toBe("dir\n");
  });

  test("readFile reads regular files and opens nothing else", async () => {
    container.inside("cd /mnt; printf 12345 > five; mkfifo fifo; ln -s five five-link");
    const read = (path: string, maxBytes: number) => run(container, { op: "readFile", path, maxBytes });
    expect(await read("mnt/five", 5)).toEqual({ exists: true, data: Buffer.from("12345"), truncated: false });
    expect(await read("mnt/five", 4)).toEqual({ exists: true, data: Buffer.from("1234"), truncated: true });
    expect(await read("mnt/none", 4)).toEqual({ exists: false, data: Buffer.alloc(0), truncated: false });
    expect((await read("proc/uptime", 1 << 16)).data.toString()).toMatch(/^\d/); // size 0, yet it reads
    await expect(read("mnt/fifo", 5)).rejects.toMatchObject({ code: "EINVAL" });
    await expect(read("mnt/five-link", 5)).rejects.toMatchObject({ code: "ELOOP" });
    await expect(read("mnt", 5)).rejects.toMatchObject({ code: "EISDIR" });
  });

  test("readDir lists names and kinds, up to a limit", async () => {
    container.inside("mkdir /mnt/list; cd /mnt/list; touch a; mkdir b; ln -s a c");
    const list = async (maxEntries: number) => run(container, { op: "readDir", path: "mnt/list", maxEntries });
    const all = await list(3);
    expect(all.truncated).toBe(false);
    expect(all.entries.sort((x, y) => x.name.localeCompare(y.name))).toEqual([
      { name: "a", kind: "file" },
      { name: "b", kind: "dir" },
      { name: "c", kind: "symlink" },
    ]);
    expect(await list(2)).toMatchObject({ truncated: true, entries: [expect.anything(), expect.anything()] });
    expect(await run(container, { op: "readDir", path: "mnt/none", maxEntries: 2 })).toEqual({
      exists: false,
      entries: [],
      truncated: false,
    });
  });

  test("stat: of a read-only, nodev mount", async () => {
    container.inside("mkdir /mnt/ro");
    container.insideAsHost("mount -t tmpfs -o ro,nodev ro /mnt/ro");
    expect(await run(container, { op: "stat", path: "mnt/ro" })).toMatchObject({
      kind: "dir",
      mount: { readOnly: true, noDev: true, isRoot: true },
    });
  });

  test("a symlink on the way is ELOOP, wherever it leads", async () => {
    container.inside("mkdir -p /mnt/evil; ln -s /mnt/dev /mnt/evil/dev; ln -s /proc/self/root /mnt/evil/root");
    for (const parent of ["mnt/evil/dev", "mnt/evil/root", "mnt/evil/dev/sub", "proc/self/root"]) {
      const node = { op: "mknod", type: "c", major: 1, minor: 3, mode: 0o666, ...owned() } as const;
      await expect(run(container, { ...node, path: `${parent}/x` })).rejects.toMatchObject({
        code: "ELOOP",
        syscall: "openat2",
      });
      await expect(run(container, { op: "stat", path: `${parent}/x` })).rejects.toMatchObject({ code: "ELOOP" });
    }
    expect(container.inside("ls /mnt/dev")).not.toContain("x\n");
  });

  test("operations stop at the first error; the rest is skipped", async () => {
    const mkdir = { op: "mkdir", mode: 0o755, ...owned() } as const;
    const outcomes = await executeIn(container.target, [
      { ...mkdir, path: "mnt/first" },
      { ...mkdir, path: "mnt/none/second" },
      { ...mkdir, path: "mnt/third" },
    ]);
    expect(outcomes).toEqual([
      { ok: true, result: expect.objectContaining({ created: true }) },
      { ok: false, error: expect.objectContaining({ code: "ENOENT" }) },
      { ok: false, skipped: true },
    ]);
    expect(await run(container, { op: "stat", path: "mnt/third" })).toEqual({ exists: false });
  });
});

describe("the container's own root", () => {
  test("a changed root directory is where paths begin", async () => {
    const container = await startContainer("plain");
    container.inside("mkdir -p /mnt/jail && mount --rbind / /mnt/jail && mount -t tmpfs jail /mnt/jail/srv");
    container.inside("chroot /mnt/jail sh -c 'exec sleep infinity' > /dev/null 2>&1 & echo $! > /mnt/jailed");
    const jailed = openPidfd(Number(container.inside("cat /mnt/jailed")));
    // Its root changes in chroot(2), a moment after the fork.
    while ((await executeIn({ pidfd: jailed, rootUid: 0, rootGid: 0 }, [{ op: "stat", path: "mnt/jail" }]))[0].ok) {
      const [seen] = await executeIn({ pidfd: jailed, rootUid: 0, rootGid: 0 }, [{ op: "stat", path: "mnt/jail/srv" }]);
      if (seen.ok && !seen.result.exists) break;
      if (container.inside(`readlink /proc/${jailed.pid}/root`).trim() === "/mnt/jail") break;
    }
    const [made] = await executeIn({ pidfd: jailed, rootUid: 0, rootGid: 0 }, [
      { op: "mkdir", path: "srv/inner", mode: 0o755, uid: 0, gid: 0 },
    ]);
    expect(made).toMatchObject({ ok: true });
    expect(container.inside("ls /mnt/jail/srv")).toBe("inner\n");
    container.inside(`kill ${jailed.pid}`);
    jailed.close();
    await container.stop();
  });

  test("a dead process is ESRCH", async () => {
    const container = await startContainer("plain");
    const pidfd = openPidfd(container.pid);
    await container.stop();
    await expect(executeIn({ pidfd, rootUid: 0, rootGid: 0 }, [{ op: "stat", path: "dev" }])).rejects.toMatchObject({
      name: "NativeError",
      code: "ESRCH",
      target: `/proc/${pidfd.pid}/root`,
    });
    pidfd.close();
  });
});

describe("here", () => {
  test("works below a directory of ours", async () => {
    const directory = mkdtempSync(join(tmpdir(), "udevns-native-"));
    const root = openSync(directory, "r");
    const outcomes = await executeHere(root, [
      { op: "mkdir", path: "a", mode: 0o711, uid: 0, gid: 0 },
      { op: "mknod", path: "a/n", type: "c", major: 1, minor: 5, mode: 0o600, uid: 3, gid: 4 },
      { op: "open", path: "a/n" },
    ]);
    const [, , opened] = outcomes;
    if (!opened.ok) throw new Error("not opened");
    expect(statSync(join(directory, "a/n"))).toMatchObject({ uid: 3, gid: 4, mode: 0o20600 });
    closeFd(opened.result.fd);
    closeFd(root);
    rmSync(directory, { recursive: true });
  });

  test("a bad descriptor is EBADF", async () => {
    await expect(executeHere(999_999, [{ op: "stat", path: "x" }])).rejects.toMatchObject({ code: "EBADF" });
  });

  test("an O_PATH root is enough", async () => {
    const root = openSync("/", openFlags.path);
    const [seen] = await executeHere(root, [{ op: "stat", path: "proc" }]);
    expect(seen).toMatchObject({ ok: true, result: { kind: "dir", mount: { isRoot: true } } });
    closeFd(root);
  });
});
