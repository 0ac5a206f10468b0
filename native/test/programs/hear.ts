// Prints "ready", then the first datagram heard in its own network namespace, as seen from its user namespace.
import { openUeventMonitor } from "../../src/index.ts";

const monitor = openUeventMonitor(
  { groups: ["kernel", "udev"] },
  {
    onEvents([first]) {
      const { sender, group, portId, payload } = first!;
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
