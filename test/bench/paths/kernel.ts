import { listenIn } from "../../support/listener.ts";
import { startThrowaway } from "../../support/throwaway.ts";
import { plugZram } from "../../support/zram.ts";
import type { Path } from "./path.ts";

/** The physical floor: the kernel's own broadcast to a second network namespace of the initial user namespace. */
export async function kernelPath(): Promise<Path> {
  const container = await startThrowaway("bench-kernel", { userns: false });
  const listener = listenIn(container);
  const zram = plugZram();
  return {
    devpath: zram.devpath,
    listener,
    delivers: ({ injected }) => !injected,
    close: async () => {
      zram.unplug();
      listener.close();
      await container.stop();
    },
  };
}
