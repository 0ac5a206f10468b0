import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { closeFd, executeHere, openPidfd, type Pidfd } from "../src/index.ts";
import { firstLine } from "./support/container.ts";

const ZERO = { type: "c", major: 1, minor: 5 } as const;
const NULL = { type: "c", major: 1, minor: 3 } as const;

const proc = openSync("/proc", "r");
const child = spawn("sh", ["-c", "exec 7< /dev/zero 8< /dev/zero 9< /dev/null; echo ready; exec sleep infinity"], {
  stdio: ["ignore", "pipe", "inherit"],
});
let pidfd: Pidfd;
beforeAll(async () => {
  await firstLine(child);
  pidfd = openPidfd(child.pid!);
});
afterAll(() => {
  child.kill("SIGKILL");
  pidfd.close();
  closeFd(proc);
});

const openFiles = async (pid: number, device: typeof ZERO | typeof NULL | { type: "b"; major: 1; minor: 5 }) =>
  (await executeHere(proc, [{ op: "openFiles", path: `${pid}/task`, ...device }]))[0];

test("openFiles finds a device's open files by type and number", async () => {
  const found = await openFiles(child.pid!, ZERO);
  const entries = [7, 8].map((fd) => ({ thread: child.pid, fd }));
  expect(found).toEqual({ ok: true, result: { exists: true, entries } });
  expect(await openFiles(child.pid!, { type: "b", major: 1, minor: 5 })).toMatchObject({ result: { entries: [] } });
});

test("a process that is gone has none", async () => {
  expect(await openFiles(2 ** 22 + 1, ZERO)).toEqual({ ok: true, result: { exists: false, entries: [] } });
});

test("revoke leaves what is another device's file, and says what cannot be revoked", async () => {
  const revoke = async (fd: number) =>
    (await executeHere(proc, [{ op: "revoke", path: `fd ${fd}`, pidfd: pidfd.fd, fd, ...ZERO }]))[0];
  expect(await revoke(9)).toEqual({ ok: true, result: { revoked: false } });
  expect(await revoke(7)).toMatchObject({ ok: false, error: { code: "ENOTTY", syscall: "ioctl" } });
  expect(await revoke(99)).toMatchObject({ ok: false, error: { code: "EBADF", syscall: "pidfd_getfd" } });
});
