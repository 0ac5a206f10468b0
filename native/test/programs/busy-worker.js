import { openSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
const { executeHere, executeIn, openPidfd, openUeventMonitor, openUeventSender } = await import("../../src/index.ts");
const pidfd = openPidfd(process.pid);
const root = openSync("/", "r");
openUeventMonitor({ groups: ["kernel", "udev"] }, { onEvents() {}, onOverflow() {}, onError() {} });
for (let round = 0; ; round++) {
  pidfd.onExit(() => {});
  void executeIn({ pidfd, rootUid: 0, rootGid: 0 }, [{ op: "stat", path: "dev" }]);
  const sender = openUeventSender(pidfd);
  sender.sendUdev(Buffer.from("nobody's"), { uid: 0, gid: 0 });
  await executeHere(root, [{ op: "readDir", path: "dev", maxEntries: 100 }]);
  sender.close();
  if (round === 0) parentPort.postMessage("busy");
}
