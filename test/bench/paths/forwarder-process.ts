import { constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  executeIn,
  type Identity,
  mountTmpfs,
  openPidfd,
  openUeventMonitor,
  openUeventSender,
  unmount,
} from "@udevns/native";
import { formatUevent, type ParsedUevent, parseUevent } from "@udevns/uevent";
import { ROOT_ID } from "../../support/throwaway.ts";

// A bare forwarder: hears, makes the node, sends, for one device and one user-namespaced container. Ends with its stdin.
const [pid = "", devpath = ""] = process.argv.slice(2);
const pidfd = openPidfd(Number(pid));
const sender = openUeventSender(pidfd);
const target = { pidfd, rootUid: ROOT_ID, rootGid: ROOT_ID };
const ids = { uid: ROOT_ID, gid: ROOT_ID };
const directory = mkdtempSync("/run/udevns-bench-");
mountTmpfs(directory, { mode: 0o700, sizeBytes: 1 << 20, inodes: 64 });
const directoryFd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);

let bound: { expect: Identity; mountPoint: Identity } | undefined;

async function forward(event: ParsedUevent): Promise<void> {
  const { MAJOR, MINOR, DEVNAME } = event.properties;
  const path = `dev/${DEVNAME}`;
  if (event.action === "add") {
    const node = {
      op: "bind",
      path,
      directoryFd,
      source: "node",
      type: "b",
      major: Number(MAJOR),
      minor: Number(MINOR),
      mode: 0o660,
      ...ids,
    } as const;
    const [outcome] = await executeIn(target, [node]);
    if (!outcome.ok) throw new Error("no bind");
    const { dev, ino, mountPointDev, mountPointIno } = outcome.result;
    bound = { expect: { dev, ino }, mountPoint: { dev: mountPointDev, ino: mountPointIno } };
  } else if (event.action === "remove" && bound !== undefined) {
    await executeIn(target, [{ op: "unbind", path, ...bound }]);
    rmSync(join(directory, "node"));
    bound = undefined;
  }
  sender.sendKernel(formatUevent(event), ids);
}

let chain = Promise.resolve();
const monitor = openUeventMonitor(
  { groups: ["kernel"], receiveBufferBytes: 64 << 20 },
  {
    onEvents: (batch) => {
      for (const { payload } of batch) {
        const event = parseUevent(payload);
        if (event.devpath === devpath) chain = chain.then(() => forward(event));
      }
    },
    onOverflow: () => process.exit(1),
    onError: () => process.exit(1),
  },
);
process.stdout.write("ready\n");
process.stdin.resume().once("end", async () => {
  monitor.close();
  await chain;
  unmount(directory, true);
  rmSync(directory, { recursive: true });
  process.exit(0);
});
