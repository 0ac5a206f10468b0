// Prints "ready", then the first datagram with argv[2] in it that its own network namespace hears, as its user
// namespace sees it. (A plain container hears the events of the host too.)
import { openUeventMonitor } from "../../src/index.ts";

const monitor = openUeventMonitor(
  { groups: ["kernel", "udev"] },
  {
    onEvents(batch) {
      const found = batch.find(({ payload }) => payload.includes(process.argv[2]!));
      if (!found) return;
      const { sender, group, portId, payload } = found;
      console.log(JSON.stringify({ uid: sender?.uid, gid: sender?.gid, group, portId, payload: payload.toString() }));
      monitor.close();
    },
    onOverflow() {},
    onError(error) {
      throw error;
    },
  },
);
console.log("ready");
