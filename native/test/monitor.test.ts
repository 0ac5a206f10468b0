import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { closeFd, openUeventMonitor, openUeventSender, openUeventSocket } from "../src/index.ts";
import { type Container, startContainer } from "./support/container.ts";
import { listen, uevent } from "./support/ear.ts";

const silent = { onEvents() {}, onOverflow() {}, onError() {} };

test("hears a synthetic uevent of the kernel", async () => {
  const ear = listen({ groups: ["kernel"] });
  writeFileSync("/sys/devices/virtual/mem/null/uevent", "change");
  const event = await ear.event("DEVNAME=null");
  ear.close();
  expect(event).toMatchObject({ group: 1, portId: 0, sender: { pid: 0, uid: 0, gid: 0 } });
  expect(event.payload.toString()).toMatch(/^change@\/devices\/virtual\/mem\/null\0ACTION=change\0/);
  expect(event.receivedAtNs).toBeLessThanOrEqual(process.hrtime.bigint());
});

test("grants the receive buffer beyond net.core.rmem_max", () => {
  const monitor = openUeventMonitor({ groups: ["kernel"], receiveBufferBytes: 8 << 20 }, silent);
  expect(monitor.stats().receiveBufferBytes).toBe(16 << 20); // the kernel doubles it, socket(7)
  monitor.close();
});

test("hears nothing and says nothing after close, which may be called twice", () => {
  const monitor = openUeventMonitor({ groups: ["kernel"] }, silent);
  const fd = monitor.fd;
  monitor.close();
  monitor.close();
  expect(() => closeFd(fd)).toThrow(expect.objectContaining({ code: "EBADF", syscall: "close" }));
});

test("a handler may close the monitor while more is queued", async () => {
  const container = await startContainer("plain");
  const sender = openUeventSender(container.pidfd);
  const heard = await new Promise<number>((resolve) => {
    let batches = 0;
    const monitor = openUeventMonitor(
      { groups: ["kernel"], pidfd: container.pidfd },
      {
        ...silent,
        onEvents() {
          batches++;
          monitor.close();
          setImmediate(() => resolve(batches));
        },
      },
    );
    for (let i = 0; i < 500; i++) sender.sendKernel(uevent(`/devices/${i}`), { uid: 0, gid: 0 });
    while (monitor.stats().received < 500);
  });
  expect(heard).toBe(1);
  sender.close();
  await container.stop();
});

test.each([
  [{ maxQueued: 0 }, "maxQueued"],
  [{ receiveBufferBytes: -1 }, "receiveBufferBytes"],
])("refuses %j", (options, word) => {
  expect(() => openUeventMonitor({ groups: ["kernel"], ...options }, silent)).toThrow(
    expect.objectContaining({ code: "EINVAL", message: expect.stringContaining(word) }),
  );
});

test("refuses to adopt what is no uevent socket", () => {
  expect(() => openUeventMonitor({ groups: [], fd: 0 }, silent)).toThrow(
    expect.objectContaining({ name: "NativeError", syscall: "getsockopt" }),
  );
});

test("a handler that throws is an uncaught exception, not a lost one", async () => {
  const program = `
    import { writeFileSync } from "node:fs";
    import { openUeventMonitor } from "./src/index.ts";
    process.on("uncaughtException", (error) => { console.log("caught", error.message); process.exit(3); });
    openUeventMonitor({ groups: ["kernel"] }, { onEvents() { throw new Error("mine"); }, onOverflow() {}, onError() {} });
    writeFileSync("/sys/devices/virtual/mem/null/uevent", "change");`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    cwd: new URL("..", import.meta.url),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = child.stdout.toArray();
  const [code] = await once(child, "exit");
  expect({ code, output: (await output).join("") }).toEqual({ code: 3, output: "caught mine\n" });
});

// The kernel broadcasts only to namespaces of the initial user namespace (Linux 4.18): here it is quiet.
describe("in a namespace where only we send", () => {
  let container: Container;
  beforeEach(async () => {
    container = await startContainer("userNamespaced");
  });
  afterEach(() => container.stop());

  const send = (count: number) => {
    const sender = openUeventSender(container.pidfd);
    for (let i = 0; i < count; i++) sender.sendKernel(uevent(`/devices/test/${i}`), { uid: 0, gid: 0 });
    sender.close();
  };

  test("delivers everything, in order", async () => {
    const ear = listen({ groups: ["kernel"], pidfd: container.pidfd });
    send(3000);
    await ear.event("/devices/test/2999\0");
    expect(ear.heard.map(({ payload }) => /test\/(\d+)\0/.exec(payload.toString())![1])).toEqual(
      Array.from({ length: 3000 }, (_, i) => String(i)),
    );
    expect(ear.monitor.stats()).toMatchObject({ received: 3000, socketOverflows: 0, queueDropped: 0, truncated: 0 });
    ear.close();
  });

  test("a full socket is told, with the number of the lost", async () => {
    const fd = openUeventSocket({ groups: ["kernel"], pidfd: container.pidfd, receiveBufferBytes: 1 });
    send(100);
    const ear = listen({ groups: [], fd });
    await ear.until(() => ear.overflows[0]);
    const lost = ear.overflows.reduce((sum, overflow) => sum + overflow.lost, 0);
    expect(ear.overflows.map(({ where }) => where)).toContain("socket");
    expect(lost).toBeGreaterThan(0);
    await ear.until(() => (ear.heard.length + lost === 100 ? true : undefined));
    expect(ear.monitor.stats()).toMatchObject({ received: 100 - lost, socketOverflows: lost });
    ear.close();
  });

  test("the queue is bounded while JavaScript is busy", async () => {
    const ear = listen({ groups: ["kernel"], pidfd: container.pidfd, maxQueued: 8 });
    send(200);
    while (ear.monitor.stats().received < 200); // still the same turn: nothing is delivered yet
    await ear.until(() => (ear.overflows.length > 0 ? true : undefined));
    expect(ear.heard).toHaveLength(8);
    expect(ear.overflows).toEqual([{ where: "queue", lost: 192 }]);
    expect(ear.monitor.stats()).toMatchObject({ queueDropped: 192, socketOverflows: 0 });
    send(1);
    await ear.until(() => (ear.heard.length === 9 ? true : undefined)); // and goes on afterwards
    ear.close();
  });

  test("a message of user space is recognisable", async () => {
    const ear = listen({ groups: ["kernel", "udev"], pidfd: container.pidfd });
    const sender = openUeventSender(container.pidfd);
    sender.sendUdev(Buffer.from("libudev\0from user space"), { uid: 0, gid: 0 });
    sender.close();
    const event = await ear.event("from user space");
    expect(event.portId).not.toBe(0);
    expect(event).toMatchObject({ group: 2, sender: { pid: process.pid, uid: 0, gid: 0 } });
    ear.close();
  });

  test("what is cut short is counted as lost, not delivered", async () => {
    const ear = listen({ groups: ["udev"], pidfd: container.pidfd });
    const sender = openUeventSender(container.pidfd);
    sender.sendUdev(Buffer.alloc(40_000, 1), { uid: 0, gid: 0 });
    sender.sendUdev(Buffer.from("short"), { uid: 0, gid: 0 });
    sender.close();
    await ear.event("short");
    await ear.until(() => ear.overflows[0]);
    expect(ear.heard).toHaveLength(1);
    expect(ear.overflows).toEqual([{ where: "socket", lost: 1 }]);
    expect(ear.monitor.stats()).toMatchObject({ truncated: 1 });
    ear.close();
  });
});
