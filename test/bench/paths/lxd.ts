import { listenIn } from "../../support/listener.ts";
import { plugZram } from "../../support/zram.ts";
import { startLxdHost } from "./lxd-host.ts";
import { nodeProbe } from "./node-probe.ts";
import type { Path } from "./path.ts";

/** LXD's own hot-plug of the same kind of device: kernel, the host's udevd, LXD's unix-hotplug device, container. */
export async function lxdPath(): Promise<Path> {
  const lxd = await startLxdHost();
  const listener = listenIn(lxd);
  const zram = plugZram();
  return {
    devpath: zram.devpath,
    listener,
    delivers: ({ injected }) => injected,
    plugsOnly: true,
    nodeUsable: nodeProbe(lxd.pid, zram.name),
    close: async () => {
      zram.unplug();
      listener.close();
      await lxd.stop();
    },
  };
}
