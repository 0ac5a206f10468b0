import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { NativeError, openPidfd, readProcess } from "../src/index.ts";
import { firstLine, startContainer } from "./support/container.ts";

const sleeper = () => spawn("sleep", ["infinity"], { stdio: "ignore" });

test("onExit fires, for each callback, and alive() turns", async () => {
  const child = sleeper();
  const pidfd = openPidfd(child.pid!);
  expect(pidfd.alive()).toBe(true);
  const exits = [1, 2].map((n) => new Promise((resolve) => pidfd.onExit(() => resolve(n))));
  child.kill("SIGKILL");
  expect(await Promise.all(exits)).toEqual([1, 2]);
  expect(pidfd.alive()).toBe(false);
  await new Promise<void>((resolve) => pidfd.onExit(resolve)); // later than the exit: told all the same
  pidfd.close();
});

test("many exits at once are all told", async () => {
  const children = Array.from({ length: 40 }, sleeper);
  const pidfds = children.map(({ pid }) => openPidfd(pid!));
  const exits = pidfds.map((pidfd) => new Promise<number>((resolve) => pidfd.onExit(() => resolve(pidfd.pid))));
  for (const child of children) child.kill("SIGKILL");
  expect(await Promise.all(exits)).toEqual(children.map(({ pid }) => pid));
  for (const pidfd of pidfds) pidfd.close();
});

test("a closed one calls nobody and is EBADF", async () => {
  const child = sleeper();
  const closed = openPidfd(child.pid!);
  const open = openPidfd(child.pid!);
  const calls: string[] = [];
  closed.onExit(() => calls.push("closed"));
  closed.close();
  closed.close();
  const exit = new Promise<void>((resolve) => open.onExit(resolve));
  child.kill("SIGKILL");
  await exit;
  await new Promise(setImmediate);
  expect(calls).toEqual([]);
  expect(() => closed.alive()).toThrow(expect.objectContaining({ name: "NativeError", code: "EBADF" }));
  open.close();
});

test("waiting for an exit does not keep Node alive", async () => {
  const program = fileURLToPath(new URL("programs/watch-and-leave.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program], { stdio: ["ignore", "pipe", "inherit"] });
  expect(await firstLine(child)).toBe("watching");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test.each([
  [2 ** 22 + 1, "ESRCH"], // above the largest pid there can be
  [0, "EINVAL"],
  [-1, "EINVAL"],
  [1.5, "EINVAL"],
])("openPidfd(%d) is %s", (pid, code) => {
  const open = () => openPidfd(pid);
  expect(open).toThrow(NativeError);
  expect(open).toThrow(expect.objectContaining({ code, syscall: "pidfd_open", target: String(pid) }));
});

test("readProcess: namespaces, maps and start time of a container", async () => {
  const container = await startContainer("userNamespaced");
  const [inside, ours] = [readProcess(container.pid), readProcess(process.pid)];
  expect(inside.uidMap).toEqual([{ inside: 0, outside: 100_000, count: 65_536 }]);
  expect(inside.gidMap).toEqual(inside.uidMap);
  expect(inside.startTime).toBeGreaterThanOrEqual(ours.startTime);
  for (const name of ["net", "mnt", "user"] as const) expect(inside.namespaces[name]).not.toBe(ours.namespaces[name]);
  for (const name of ["pid", "uts", "ipc"] as const) expect(inside.namespaces[name]).toBe(ours.namespaces[name]);
  expect(inside.cgroups.length).toBeGreaterThan(0);
  await container.stop();
  expect(() => readProcess(container.pid)).toThrow(expect.objectContaining({ name: "NativeError", code: "ESRCH" }));
});
