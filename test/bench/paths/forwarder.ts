import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { listenIn } from "../../support/listener.ts";
import { startThrowaway } from "../../support/throwaway.ts";
import { plugZram } from "../../support/zram.ts";
import { nodeProbe } from "./node-probe.ts";
import type { Path } from "./path.ts";

const FORWARDER = fileURLToPath(new URL("./forwarder-process.ts", import.meta.url));

/** The same addon with no bus, no policy and no memory: what is left is what any forwarder must do. */
export async function forwarderPath(): Promise<Path> {
  const container = await startThrowaway("bench-forwarder", { userns: true });
  const listener = listenIn(container);
  const zram = plugZram();
  const child = spawn(process.execPath, ["--import", "tsx", FORWARDER, String(container.pid), zram.devpath], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return {
    devpath: zram.devpath,
    listener,
    delivers: ({ injected }) => injected,
    nodeUsable: nodeProbe(container.pid, zram.name),
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
      zram.unplug();
      listener.close();
      await container.stop();
    },
  };
}
