import { execFileSync, spawn } from "node:child_process";
import { readlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  maxKernelPayload,
  netnsOwner,
  openPidfd,
  openUeventModule,
  openUeventSender,
  probeInjection,
  readProcess,
  type UeventSender,
} from "../src/index.ts";
import { type Container, firstLine, kinds, startContainer } from "./support/container.ts";
import { listen, uevent } from "./support/ear.ts";

describe.each(kinds)("into a %s container", (kind) => {
  let container: Container;
  let sender: UeventSender;
  beforeEach(async () => {
    container = await startContainer(kind);
    sender = openUeventSender(container.pidfd);
  });
  afterEach(async () => {
    sender.close();
    await container.stop();
  });

  const ids = () => ({ uid: container.root, gid: container.root });

  /** A listener that lives inside: it sees the sender through the container's user namespace. */
  async function hearInside() {
    const program = fileURLToPath(new URL("programs/hear.ts", import.meta.url));
    const namespaces = kind === "plain" ? ["-n"] : ["-n", "-U"];
    const node = [process.execPath, "--import", "tsx", program, "/devices/ours"];
    const child = spawn("nsenter", ["-t", String(container.pid), ...namespaces, ...node], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_OPTIONS: "", TSX_DISABLE_CACHE: "1" },
    });
    const ready = await firstLine(child);
    return { ready, next: async () => JSON.parse(await firstLine(child)) };
  }

  test("a listener inside sees an event of the kernel from its own root", async () => {
    const ear = await hearInside();
    expect(ear.ready).toBe("ready");
    const heard = ear.next();
    sender.sendKernel(uevent("/devices/ours"), ids());
    expect(await heard).toEqual({
      uid: 0,
      gid: 0,
      group: 1,
      portId: 0,
      payload: expect.stringMatching(/^add@\/devices\/ours\0ACTION=add\0.*\0SEQNUM=\d+\0$/),
    });
  });

  test("and a udev message from its own root", async () => {
    const ear = await hearInside();
    const heard = ear.next();
    sender.sendUdev(Buffer.from("libudev\0/devices/ours"), ids());
    expect(await heard).toEqual({
      uid: 0,
      gid: 0,
      group: 2,
      portId: expect.any(Number),
      payload: "libudev\0/devices/ours",
    });
  });

  test("nobody else hears it", async () => {
    const other = await startContainer(kind);
    const host = listen({ groups: ["kernel", "udev"] });
    const neighbour = listen({ groups: ["kernel", "udev"], pidfd: other.pidfd });
    sender.sendKernel(uevent("/devices/secret"), ids());
    sender.sendUdev(Buffer.from("libudev\0secret"), ids());
    // What comes after it arrives after it: two marks that they do hear.
    writeFileSync("/sys/devices/virtual/mem/null/uevent", "change");
    const toNeighbour = openUeventSender(other.pidfd);
    toNeighbour.sendKernel(uevent("/devices/mark"), { uid: other.root, gid: other.root });
    await host.event("DEVNAME=null");
    await neighbour.event("/devices/mark");
    for (const { heard } of [host, neighbour])
      expect(heard.filter(({ payload }) => payload.includes("secret"))).toEqual([]);
    for (const open of [host, neighbour, toNeighbour]) open.close();
    await other.stop();
  });

  test("names the namespace, and ours does not change", () => {
    const ours = readlinkSync("/proc/self/ns/net");
    expect(sender.netnsInode).toBe(readProcess(container.pid).namespaces.net);
    expect(readlinkSync("/proc/self/ns/net")).toBe(ours);
    expect(readlinkSync("/proc/thread-self/ns/net")).toBe(ours);
  });

  test("refuses what the kernel would, before asking it", () => {
    const payload = uevent("/devices/x");
    const padded = Buffer.concat([payload, Buffer.from("A=".padEnd(maxKernelPayload - payload.length, "x"))]);
    sender.sendKernel(padded, ids());
    expect(() => sender.sendKernel(Buffer.concat([padded, Buffer.from("y")]), ids())).toThrow(
      expect.objectContaining({ name: "NativeError", code: "EMSGSIZE" }),
    );
  });

  test("root in the container cannot unicast to our socket", () => {
    const inode = (text: string) => text.trim().split("\n").at(-1)!.trim();
    const ports = execFileSync("nsenter", ["-t", String(container.pid), "-n", "cat", "/proc/thread-self/net/netlink"]);
    // Columns: sk Eth Pid …; Eth 15 is NETLINK_KOBJECT_UEVENT and Pid the port.
    const rows = ports
      .toString()
      .split("\n")
      .map((line) => line.trim().split(/\s+/));
    const port = rows.find(([, protocol, id]) => protocol === "15" && id !== "0")![2]!;
    const perl = `
      socket(my $s, 16, 3, 15) or die "socket $!";
      my $sent = send($s, "forged", 0, pack("SSLL", 16, 0, ${port}, 0));
      print defined $sent ? "sent" : $!{ECONNREFUSED} ? "refused" : "$!";`;
    expect(inode(container.inside(`perl -MErrno -e '${perl}'`))).toBe("refused");
  });
});

test.each(kinds)("tells who owns the network namespace of a %s container", async (kind) => {
  const container = await startContainer(kind);
  const { user } = readProcess(kind === "plain" ? process.pid : container.pid).namespaces;
  expect(netnsOwner(container.pidfd)).toBe(user);
  await container.stop();
});

test("a probe asks the kernel and is heard by nobody", async () => {
  const host = listen({ groups: ["kernel"] });
  probeInjection();
  writeFileSync("/sys/devices/virtual/mem/null/uevent", "change");
  await host.event("DEVNAME=null");
  expect(host.heard.map(({ payload }) => payload).filter((payload) => !payload.includes("@/"))).toEqual([]);
  host.close();
});

test("without udevns.ko there is no module", () => {
  expect(() => openUeventModule()).toThrow(
    expect.objectContaining({ name: "NativeError", code: "ENOENT", target: "/dev/udevns" }),
  );
});

test("the kernel's refusal is thrown with its errno", async () => {
  const container = await startContainer("plain");
  const sender = openUeventSender(container.pidfd);
  sender.close();
  expect(() => sender.sendKernel(uevent("/x"), { uid: 0, gid: 0 })).toThrow(
    expect.objectContaining({ code: "EBADF", errno: 9, syscall: "sendmmsg", target: "kernel group" }),
  );
  await container.stop();
});

test("a dead process has no namespace to send into", async () => {
  const container = await startContainer("plain");
  const pidfd = openPidfd(container.pid);
  await container.stop();
  expect(() => openUeventSender(pidfd)).toThrow(expect.objectContaining({ code: "ESRCH", syscall: "setns" }));
  pidfd.close();
});
