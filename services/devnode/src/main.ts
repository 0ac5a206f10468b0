import { LogReader, LogWriter, parseJson } from "@udevns/bus";
import { checked, DevnodeWork, isUdevnsError, streamNames, subjects, token } from "@udevns/protocol";
import { claimRole, KeyedQueue, ProgressJournal, runService } from "@udevns/service";
import { carryOut } from "./carry-out.ts";
import { devnodeConfig } from "./config.ts";
import { HeldContainers } from "./containers.ts";
import { Devnode } from "./devnode.ts";
import { HostNodes } from "./host-nodes.ts";
import { Permissions } from "./permission/permissions.ts";
import { Registry } from "./registry.ts";

await runService("devnode", "0.1.0", async (context) => {
  const { bus, host, config, log, counters } = context;
  const paths = devnodeConfig(config);
  await claimRole("devnode", host);
  const registry = new Registry(paths.registryFile);
  const hostNodes = new HostNodes(paths.nodesDir);
  const containers = new HeldContainers((instance) => devnode.forget(instance));
  const devnode = new Devnode({ registry, containers, hostNodes, permissions: new Permissions() });
  hostNodes.sweep(registry.instances());
  const journal = new ProgressJournal(paths.progressFile);
  const writer = await LogWriter.open(bus, streamNames.inject(host));
  const queue = new KeyedQueue();
  const reader = new LogReader(bus, {
    stream: streamNames.devnode(host),
    consumer: `devnode-${token(host)}`,
    filter: subjects.devnodeWorks(host),
    start: journal.start,
    onEntry: ({ sequence, subject, data }) => {
      if (!journal.accept(sequence, reader.epoch)) return;
      try {
        const order = checked(DevnodeWork, parseJson(data, subject), subject);
        queue.run(keysOf(order), () =>
          carryOut(context, devnode, writer, order).then(() => journal.done(sequence), context.fail),
        );
      } catch (error) {
        if (!isUdevnsError(error)) throw error;
        counters.add("messages_dropped");
        log.error({ code: error.code }, error.message);
        journal.done(sequence);
      }
    },
    onInterrupted: (reason) => log.warn({ reason }, "reading was interrupted"),
  });
  context.onStop(() => containers.close());
  context.onStop(() => writer.flush());
  context.onStop(() => queue.idle());
  context.onStop(() => reader.close());
  context.setReady(true, "carrying out orders");
});

/**
 * Orders for one container keep their order, and so do orders about one device: when it moves, its new owner gets it only
 * after the old one has lost it.
 */
function keysOf(order: DevnodeWork): string[] {
  const { instance } = order.container;
  return order.kind === "forget" ? [instance] : [instance, order.device.devpath];
}
