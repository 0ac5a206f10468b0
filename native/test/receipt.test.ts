import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openReceipt, openUeventSender } from "../src/index.ts";
import { type Container, firstLine, startContainer } from "./support/container.ts";
import { listen, uevent } from "./support/ear.ts";

const KILLS = 12;
const root = { uid: 0, gid: 0 };

let container: Container;
let directory: string;
let path: string;
beforeEach(async () => {
  container = await startContainer("plain");
  directory = mkdtempSync("/run/udevns-receipt-");
  path = join(directory, "receipt");
});
afterEach(async () => {
  rmSync(directory, { recursive: true });
  await container.stop();
});

test("a new one knows of nothing", () => {
  expect(openReceipt(path).last).toBeUndefined();
});

test.each(["sendKernel", "sendUdev"] as const)("after %s a later life knows that it was sent", (send) => {
  const sender = openUeventSender(container.pidfd);
  const receipt = openReceipt(path);
  sender[send](uevent("/devices/a"), root, { receipt, note: "a" });
  sender[send](uevent("/devices/b"), root, { receipt, note: "b" });
  expect(openReceipt(path).last).toEqual({ note: "b", sent: true });
  // Looking does not change it.
  expect(openReceipt(path).last).toEqual({ note: "b", sent: true });
  sender.close();
});

test("of what the kernel did not take it does not say that it was sent", () => {
  const sender = openUeventSender(container.pidfd);
  const receipt = openReceipt(path);
  sender.sendKernel(uevent("/devices/a"), root, { receipt, note: "a" });
  sender.close();
  expect(() => sender.sendKernel(uevent("/devices/b"), root, { receipt, note: "b" })).toThrow(
    expect.objectContaining({ code: "EBADF" }),
  );
  expect(openReceipt(path).last).toEqual({ note: "b", sent: false });
});

test("one of another layout counts as new, and so does a closed one as none", () => {
  writeFileSync(path, Buffer.alloc(512, "x"));
  const receipt = openReceipt(path);
  expect(receipt.last).toBeUndefined();
  receipt.close();
  const sender = openUeventSender(container.pidfd);
  expect(() => sender.sendUdev(uevent("/devices/a"), root, { receipt, note: "a" })).toThrow(
    expect.objectContaining({ code: "EBADF" }),
  );
  sender.close();
});

test.each(["", "n".repeat(128)])("a note of no length that it has room for is refused: %p", (note) => {
  const sender = openUeventSender(container.pidfd);
  expect(() => sender.sendUdev(uevent("/devices/a"), root, { receipt: openReceipt(path), note })).toThrow(
    expect.objectContaining({ code: "EINVAL" }),
  );
  sender.close();
});

test(`killed ${KILLS} times in the midst of sending, it sends nothing twice and passes over nothing, whatever else the kernel sends`, async () => {
  const program = fileURLToPath(new URL("programs/send-until-killed.ts", import.meta.url));
  const ear = listen({ groups: ["kernel"], pidfd: container.pidfd, receiveBufferBytes: 1 << 27 });
  let next = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = spawn(process.execPath, ["--import", "tsx", program, String(container.pid), path, String(next)], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    await firstLine(child);
    await ear.event(`/devices/${next + kill}\0`);
    child.kill("SIGKILL");
    await once(child, "exit");
    // The counter of events moves, as it may on any host.
    writeFileSync("/sys/devices/virtual/mem/null/uevent", "change");
    const { last } = openReceipt(path);
    next = Number(last?.note) + (last?.sent ? 1 : 0);
  }
  const sender = openUeventSender(container.pidfd);
  sender.sendKernel(uevent("/devices/end"), root);
  await ear.event("/devices/end");
  const heard = ear.heard.flatMap(
    ({ payload }) => /^add@\/devices\/(\d+)\0/.exec(payload.toString("latin1"))?.[1] ?? [],
  );
  expect(ear.overflows).toEqual([]);
  expect(heard.map(Number)).toEqual(Array.from({ length: next }, (_, number) => number));
  ear.close();
  sender.close();
});
