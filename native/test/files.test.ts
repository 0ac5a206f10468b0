import { constants, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { closeFd, mountTmpfs, openat2, openFlags, unmount } from "../src/index.ts";

const directory = mkdtempSync(join(tmpdir(), "udevns-files-"));
let fd: number;
beforeAll(() => {
  mkdirSync(join(directory, "sub"));
  symlinkSync("sub", join(directory, "link"));
  fd = openSync(directory, "r");
});
afterAll(() => {
  closeFd(fd);
  rmSync(directory, { recursive: true });
});

describe("openat2", () => {
  test.each([
    ["sub", ["beneath", "noSymlinks"]],
    ["link", ["beneath"]],
    ["../..", ["inRoot"]],
  ] as const)("opens %j with %j", (path, resolve) => {
    closeFd(openat2(fd, path, openFlags.path, { resolve }));
  });

  test.each([
    ["link", ["noSymlinks"], "ELOOP"],
    ["..", ["beneath"], "EXDEV"],
    ["none", [], "ENOENT"],
    ["/proc/self/root", ["noMagiclinks"], "ELOOP"],
    ["/proc", ["noXdev"], "EXDEV"],
    ["a\0b", [], "EINVAL"],
  ] as const)("refuses %j with %j: %s", (path, resolve, code) => {
    expect(() => openat2(fd, path, openFlags.path, { resolve })).toThrow(expect.objectContaining({ code }));
  });

  test("creates with a mode", () => {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
    closeFd(openat2(fd, "made", flags, { resolve: ["beneath"], mode: 0o600 }));
    expect(statSync(join(directory, "made")).mode & 0o777).toBe(0o600);
  });
});

test("mountTmpfs and unmount", () => {
  const point = join(directory, "sub");
  mountTmpfs(point, { mode: 0o711, sizeBytes: 1 << 20, inodes: 100 });
  expect(statSync(point).mode & 0o777).toBe(0o711);
  expect(statfsSync(point)).toMatchObject({ type: 0x01021994, files: 100, blocks: (1 << 20) / 4096 });
  const busy = openSync(point, "r");
  expect(() => unmount(point, false)).toThrow(expect.objectContaining({ code: "EBUSY", syscall: "umount2" }));
  unmount(point, true);
  closeFd(busy);
  expect(statfsSync(point).files).not.toBe(100);
  expect(() => unmount(point, true)).toThrow(expect.objectContaining({ code: "EINVAL" }));
});

test("a failure names the call, its target and errno", () => {
  expect(() => mountTmpfs("/no/such", { mode: 0o755, sizeBytes: 4096, inodes: 10 })).toThrow(
    expect.objectContaining({
      name: "NativeError",
      message: "mount /no/such: No such file or directory",
      code: "ENOENT",
      errno: 2,
      syscall: "mount",
      target: "/no/such",
    }),
  );
});
