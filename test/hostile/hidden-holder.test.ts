import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { executeHere, openPidfd } from "@udevns/native";
import { revokeHolders } from "../../services/devnode/src/holders.ts";
import { inProc, type OpenFile, openFilesOf, PATIENCE } from "../../services/devnode/src/open-files.ts";
import type { Throwaway } from "../support/throwaway.ts";
import { startThrowaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { startAttack } from "./support/attacker.ts";
import { mountSilentFile } from "./support/fuse.ts";
import { targetFor } from "./support/workbench.ts";

const ZERO = { type: "c", major: 1, minor: 5 } as const;

let container: Throwaway;
let child: ChildProcess | undefined;
beforeEach(async () => {
  container = await startThrowaway("holder", { userns: false });
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await container.stop();
});

/** Runs a shell command in the container, for as long as the test. */
async function hold(command: string): Promise<void> {
  const enter = ["--target", String(container.pid), "--mount", "--net", "--pid"];
  child = spawn("nsenter", [...enter, "sh", "-c", command], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout as NodeJS.ReadableStream, "data");
}

const found = async () => (await revokeHolders(targetFor(container), ZERO)).map(({ command, fd }) => [command, fd]);

test("a process that keeps a device in namespaces of its own is found all the same", async () => {
  await hold(
    "exec unshare --mount --net --pid --fork --kill-child sh -c 'exec 7< /dev/zero; echo ready; exec sleep 1000'",
  );
  await until(async () => (await found()).some(([command]) => command === "sleep"), "the holder to be found");
  expect(await found()).toContainEqual(["sleep", 7]);
});

test("a file that never answers does not keep us from looking for the others", async () => {
  const release = await mountSilentFile(container, "/dev/silent");
  const attack = await startAttack(container, "clutch", "/dev/silent", "/dev/zero");
  try {
    expect(await found()).toEqual([["attacker", 4]]);
  } finally {
    release();
    await attack.stop();
  }
}, 60_000);

test.each([
  ["that has files of its own", "lodge"],
  ["whose process has ended but for it", "survive"],
])("a thread %s is found", async (_, how) => {
  const attack = await startAttack(container, how, "/dev/zero");
  try {
    await until(async () => (await found()).length > 0, "the holder to be found");
    expect(await found()).toEqual([["attacker", expect.any(Number)]]);
  } finally {
    await attack.stop();
  }
});

test("a thread's own file is got at, where the kernel knows pidfds of threads (Linux 6.9)", async () => {
  const attack = await startAttack(container, "lodge", "/dev/zero");
  const { files } = await openFilesOf([attack.pid], ZERO, PATIENCE);
  const [{ pid, thread, fd }] = files as [OpenFile];
  expect(thread).not.toBe(pid);
  const pidfd = openPidfd(thread, "thread");
  try {
    const [outcome] = await inProc((proc) =>
      executeHere(proc, [{ op: "revoke", path: "its file", pidfd: pidfd.fd, fd, ...ZERO }]),
    );
    // It is no event device: the file was there, and not in the process's own.
    expect(outcome).toMatchObject({ ok: false, error: { code: "ENOTTY" } });
  } finally {
    pidfd.close();
    await attack.stop();
  }
});

test("nothing counts as taken while nobody could look who holds it", async () => {
  await hold(
    `exec perl -e 'use POSIX; open(my $f, "<", "/dev/zero"); POSIX::dup(fileno $f) for 1..15000; $| = 1; print "ready"; sleep 1000'`,
  );
  const target = targetFor(container);
  const hurried = revokeHolders(target, ZERO, { ordinaryMs: 1, longMs: 1 });
  await expect(hurried).rejects.toMatchObject({ code: "UDEVNS_E_NODE_FS" });
  const patient = await revokeHolders(target, ZERO, { ordinaryMs: 1, longMs: 60_000 });
  expect(patient).toContainEqual(expect.objectContaining({ command: "perl" }));
});

test("a container that has ended has nobody who holds anything", async () => {
  const target = targetFor(container);
  await container.stop();
  expect(await revokeHolders(target, ZERO)).toEqual([]);
});
