import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, expect, test } from "@jest/globals";
import { executeIn, openPidfd, openUeventMonitor, openUeventSender } from "../src/index.ts";
import { kinds, startContainer } from "./support/container.ts";
import { uevent } from "./support/ear.ts";

const directory = mkdtempSync(join(tmpdir(), "udevns-life-"));
afterEach(() => rmSync(join(directory, "made"), { recursive: true, force: true }));
afterAll(() => rmSync(directory, { recursive: true }));

/** What every descriptor of this process is. */
const descriptors = (): string[] =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`];
    } catch {
      return []; // the one readdir itself had open
    }
  });

/** What other tests in this process have left may be closed meanwhile. */
const openedSince = (before: readonly string[]): string[] => descriptors().filter((each) => !before.includes(each));

test.each(kinds)("1,000 rounds with a %s container leave no descriptor open", async (kind) => {
  const container = await startContainer(kind);
  container.insideAsHost("mount -t tmpfs host /srv");
  const ids = { uid: container.root, gid: container.root };
  const silent = { onEvents() {}, onOverflow() {}, onError() {} };
  const round = async () => {
    const pidfd = openPidfd(container.pid);
    pidfd.onExit(() => {});
    const monitor = openUeventMonitor({ groups: ["kernel"], pidfd, receiveBufferBytes: 4096 }, silent);
    const sender = openUeventSender(pidfd);
    sender.sendKernel(uevent("/devices/x"), ids);
    const target = { pidfd, rootUid: container.root, rootGid: container.root };
    const node = { op: "mknod", path: "srv/n", type: "c", major: 1, minor: 3, mode: 0o600, ...ids } as const;
    const [made] = await executeIn(target, [node]);
    if (!made.ok) throw new Error("mknod failed");
    const [gone] = await executeIn(target, [{ op: "unlink", path: "srv/n", expect: made.result }]);
    expect(gone).toEqual({ ok: true, result: { found: "ours" } });
    sender.close();
    monitor.close();
    pidfd.close();
  };
  await round(); // the shared epoll thread starts with the first
  const before = descriptors();
  for (let i = 0; i < 1000; i++) await round();
  expect(openedSince(before)).toEqual([]);
  await container.stop();
});

const worker = (leaveOpen: boolean) =>
  new Worker(new URL("programs/worker.js", import.meta.url), {
    execArgv: [],
    workerData: { directory, leaveOpen },
  });

test("works in a worker thread, which ends when everything is closed", async () => {
  const thread = worker(false);
  const messages: unknown[] = [];
  thread.on("message", (message) => messages.push(message));
  expect(await new Promise((resolve) => thread.on("exit", resolve))).toBe(0);
  expect(messages).toEqual([{ group: 1, ok: true }]);
});

test("a worker can be ended with a monitor and a watch still open", async () => {
  const before = descriptors();
  const thread = worker(true);
  expect(await new Promise((resolve) => thread.once("message", resolve))).toEqual({ group: 1, ok: true });
  await thread.terminate();
  expect(openedSince(before).filter((line) => line.includes("socket:"))).toEqual([]);
});

test("workers may be ended at any moment", async () => {
  const program = fileURLToPath(new URL("programs/churn.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [output, exit] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect({ output, exit }).toEqual({ output: "survived\n", exit: [0, null] });
}); // a dozen workers, each compiling its TypeScript
