import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { executeIn, isHangingIn } from "../src/index.ts";
import { startContainer } from "./support/container.ts";

/** A FUSE mount whose server never says a word: whoever looks inside waits until killed. */
async function stuckContainer() {
  const container = await startContainer("plain");
  container.inside("mkdir /mnt/stuck");
  const fuse = openSync("/dev/fuse", "r+");
  const options = "fd=3,rootmode=40000,user_id=0,group_id=0";
  const mount = `mount -i -t fuse -o ${options} stuck /mnt/stuck`;
  execFileSync("nsenter", ["-t", String(container.pid), "-m", "sh", "-c", mount], {
    stdio: ["ignore", "ignore", "inherit", fuse],
  });
  return {
    container,
    async release() {
      closeSync(fuse); // the last descriptor of the server aborts the connection: every waiter goes on
      await container.stop();
    },
  };
}

test("a file system that never answers is ETIMEDOUT, and others go on", async () => {
  const { container, release } = await stuckContainer();
  const stuck = executeIn(container.target, [{ op: "stat", path: "mnt/stuck/x" }], { timeoutMs: 50 });
  await expect(stuck).rejects.toMatchObject({ name: "NativeError", code: "ETIMEDOUT", syscall: "execute" });
  const [seen] = await executeIn(container.target, [{ op: "stat", path: "mnt/dev" }]);
  expect(seen).toMatchObject({ ok: true, result: { kind: "dir" } });
  await release();
});

test("the process ends although a thread of it hangs", async () => {
  const { container, release } = await stuckContainer();
  const program = fileURLToPath(new URL("programs/stuck.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program, String(container.pid)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = child.stdout.toArray();
  const [code] = await once(child, "exit");
  expect({ code, output: (await output).join("") }).toEqual({ code: 0, output: "ETIMEDOUT\n" });
  await release();
});

const threads = () => readdirSync("/proc/self/task").filter((id) => nameOf(id) === "udevns-files\n").length;

function nameOf(thread: string): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, "utf8");
  } catch {
    return "";
  }
}

test("many calls at once cost no more threads, and one that never had its turn has done nothing", async () => {
  const { container, release } = await stuckContainer();
  const calls = Array.from({ length: 12 }, (_, index) =>
    executeIn(
      container.target,
      [
        { op: "mkdir", path: `mnt/dev/${index}`, mode: 0o755, uid: 0, gid: 0 },
        { op: "stat", path: "mnt/stuck/x" },
      ],
      { timeoutMs: 2_000 },
    ),
  );
  expect(threads()).toBeLessThanOrEqual(4);
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(Array(12).fill("rejected"));
  expect(threads()).toBe(4);
  expect(container.inside("ls /mnt/dev | wc -l").trim()).toBe("4");
  await release();
});

test("more calls at once than there are threads are all done", async () => {
  const container = await startContainer("plain");
  const calls = Array.from({ length: 40 }, () => executeIn(container.target, [{ op: "stat", path: "mnt/dev" }]));
  const outcomes = await Promise.all(calls);
  expect(outcomes.every(([seen]) => seen.ok)).toBe(true);
  await container.stop();
});

test("a file system that never answers costs a few threads and no more; when it goes, so do they", async () => {
  const { container, release } = await stuckContainer();
  const ask = () =>
    executeIn(container.target, [{ op: "stat", path: "mnt/stuck/x" }], { timeoutMs: 20 }).catch(() => 0);
  for (let round = 0; round < 12; round += 1) await ask();
  expect(threads()).toBe(4);
  const [refused] = await Promise.allSettled([executeIn(container.target, [{ op: "stat", path: "mnt/dev" }])]);
  expect(refused).toMatchObject({ status: "rejected", reason: { code: "ETIMEDOUT" } });
  expect(isHangingIn(container.target)).toBe(true);
  const { pidfd } = container;
  await release();
  while (threads() > 0) await new Promise(setImmediate);
  await expect(executeIn({ pidfd, rootUid: 0, rootGid: 0 }, [])).rejects.not.toMatchObject({ code: "ETIMEDOUT" });
});
