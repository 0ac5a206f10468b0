import { serviceRoles } from "@udevns/protocol";
import { listenIn } from "../../support/listener.ts";
import { type Stack, startStack } from "../../support/stack.ts";
import { startThrowaway } from "../../support/throwaway.ts";
import { until } from "../../support/until.ts";
import { plugZram } from "../../support/zram.ts";
import { nodeProbe } from "./node-probe.ts";
import type { Path } from "./path.ts";

const policy = (devname: string) => `version: 1
rules:
  - name: bench
    match: { subsystem: block, devname: ${devname} }
    give: { container: bench }
`;

/** udevns as it ships: all its processes, its nats-server, a user-namespaced owner. */
export async function udevnsPath(env: NodeJS.ProcessEnv = {}): Promise<Path & { readonly stack: Stack }> {
  const zram = plugZram();
  const container = await startThrowaway("bench", { userns: true });
  const stack = await startStack(policy(zram.name), { env: { UDEVNS_LOG_LEVEL: "warn", ...env } });
  const listener = listenIn(container);
  await stack.attach(container);
  await until(() => listener.actions(zram.devpath).includes("add"), "the owner to have its device");
  return {
    stack,
    devpath: zram.devpath,
    listener,
    delivers: ({ injected }) => injected,
    nodeUsable: nodeProbe(container.pid, zram.name),
    extras: async () => {
      // Heartbeats come once a second.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const rss = serviceRoles.map(
        (role) => [role, Math.round((stack.status(role)?.rssBytes ?? 0) / 1048576)] as const,
      );
      return { rssMiB: Object.fromEntries(rss.filter(([, size]) => size > 0)) };
    },
    close: async () => {
      await stack.stop();
      zram.unplug();
      listener.close();
      await container.stop();
    },
  };
}
