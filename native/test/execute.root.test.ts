import { mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { closeFd, executeHere, executeIn, openFlags, openPidfd } from "../src/index.ts";
import { startContainer } from "./support/container.ts";

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
