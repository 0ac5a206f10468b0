// Runs in a worker thread: hears a synthetic uevent, makes a file, and leaves a monitor and a watch open.
import { closeSync, openSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { executeHere, openPidfd, openUeventMonitor } from "../../src/index.ts";

const { directory, leaveOpen } = workerData as { directory: string; leaveOpen: boolean };
const monitor = openUeventMonitor(
  { groups: ["kernel"] },
  {
    async onEvents(batch) {
      const event = batch.find(({ payload }) => payload.includes("DEVNAME=null"));
      if (!event) return;
      if (!leaveOpen) monitor.close();
      const root = openSync(directory, "r");
      const outcomes = await executeHere(root, [{ op: "mkdir", path: "made", mode: 0o700, uid: 0, gid: 0 }]);
      closeSync(root);
      parentPort!.postMessage({ group: event.group, ok: outcomes[0].ok });
    },
    onOverflow() {},
    onError(error) {
      throw error;
    },
  },
);
if (leaveOpen) openPidfd(process.ppid).onExit(() => {});
writeFileSync("/sys/devices/virtual/mem/null/uevent", "change");
