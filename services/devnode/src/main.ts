import { LogReader, LogWriter, parseJson } from "@udevns/bus";
import { checked, DevnodeWork, isUdevnsError, streamNames, subjects, token } from "@udevns/protocol";
import { Backlog, claimRole, KeyedQueue, ProgressJournal, runService } from "@udevns/service";
import { Audiences } from "./audience/audiences.ts";
import { carryOut } from "./carry-out.ts";
import { Coldplug } from "./coldplug.ts";
import { devnodeConfig } from "./config.ts";
import { HeldContainers } from "./containers.ts";
import { Devnode } from "./devnode.ts";
import { EndedContainers } from "./ended-containers.ts";
import { GateFile } from "./gate/gate-file.ts";
import { Gates } from "./gate/gates.ts";
import { keepGates } from "./gate/keep-gates.ts";
import { handle } from "./handle.ts";
import { HeldDevices } from "./held-devices.ts";
import { lookAtHostDirectories } from "./host-directories.ts";
import { HostNodes } from "./host-nodes.ts";
import { goneOrders } from "./levels.ts";
import { keepPermissions } from "./permission/keep.ts";
import { Permissions } from "./permission/permissions.ts";
import { followContainers } from "./prepare.ts";
import { reconcile } from "./reconcile.ts";
import { Registry } from "./registry.ts";
import { Retakes } from "./retakes.ts";
import { tellUnheard } from "./tell-in-turn.ts";
import { WaitingOrders } from "./waiting-orders.ts";
import type { Workshop } from "./workshop.ts";

const READY = "carrying out orders";
const STATUS_MS = 1_000;

await runService("devnode", "0.1.0", async (context) => {
  const { bus, host, config, log, counters } = context;
  const paths = devnodeConfig(config);
  await claimRole("devnode", host);
  const registry = new Registry(paths.registryFile);
  const hostNodes = new HostNodes(paths.nodesDir);
  const containers = new HeldContainers((instance) => {
    devnode.forget(instance);
    gates.forget(instance).catch(context.fail);
    workshop.waiting.release();
  });
  const devnode = new Devnode({
    registry,
    containers,
    hostNodes,
    permissions: new Permissions((container) => containers.isAlive(container)),
    audiences: new Audiences(),
  });
  hostNodes.sweep(registry.instances());
  const journal = new ProgressJournal(paths.progressFile);
  context.setPosition(() => journal.position);
  const writer = await LogWriter.open(bus, streamNames.inject(host));
  const queue = new KeyedQueue();
  const coldplug = new Coldplug(registry, (instance) => run(instance, () => tellUnheard(workshop, instance)));
  const retakes = new Retakes(registry, ({ instance, devpath }) =>
    queue.run([instance, devpath], async () => {
      // When its turn comes it may have been taken, and given again, by others' orders.
      const now = registry.get(instance, devpath);
      if (now?.state === "taking") await carryOut(workshop, now.take).catch(context.fail);
    }),
  );
  const gates = new Gates(new GateFile(paths.gatesFile), containers);
  const waiting = new WaitingOrders(
    () => registry.takings(),
    (instance) => gates.obstacleFor(instance),
  );
  const holders = new HeldDevices();
  const backlog = new Backlog();
  const ended = new EndedContainers();
  const workshop: Workshop = {
    context,
    devnode,
    writer,
    coldplug,
    queue,
    backlog,
    holders,
    retakes,
    waiting,
    gates,
    ended,
  };
  const run = (instance: string, task: () => Promise<void>) => queue.run([instance], () => task().catch(context.fail));
  await gates.restore();
  const found = registry.instances();
  for (const instance of found) run(instance, () => reconcile(workshop, instance));
  let sameLog = journal.recovered.epoch === "";
  const reader = new LogReader(bus, {
    stream: streamNames.devnode(host),
    consumer: `devnode-${token(host)}`,
    filter: subjects.devnodeWorks(host),
    start: journal.start,
    onEntry: ({ sequence, subject, data }) => {
      if (!sameLog && journal.recovered.epoch !== reader.epoch) takeBack(found);
      sameLog = true;
      const { epoch } = reader;
      if (!journal.accept(sequence, epoch)) return;
      try {
        const order = checked(DevnodeWork, parseJson(data, subject), subject);
        return handle(workshop, order, () => journal.done(sequence, epoch));
      } catch (error) {
        if (!isUdevnsError(error)) throw error;
        counters.add("messages_dropped");
        log.error({ code: error.code }, error.message);
        journal.done(sequence, epoch);
      }
    },
    onInterrupted: (reason) => log.warn({ reason }, "reading was interrupted"),
  });
  /** The log that these were ordered by is lost, and with it every order to take them: the new log begins with nothing given. */
  function takeBack(instances: readonly string[]): void {
    for (const instance of instances)
      run(instance, async () => {
        for (const order of goneOrders(registry.of(instance))) await carryOut(workshop, order);
      });
  }
  context.onStop(() => containers.close());
  context.onStop(() => gates.close());
  context.onStop(() => writer.flush());
  context.onStop(() => queue.idle());
  context.onStop(() => reader.close());
  context.onStop(() => coldplug.close());
  context.onStop(() => retakes.close());
  const follower = followContainers(workshop);
  context.onStop(() => follower.close());
  context.onStop(keepPermissions(workshop));
  context.onStop(keepGates(workshop));
  const status = setInterval(() => {
    lookAtHostDirectories();
    void holders
      .describe()
      .then((held) => context.setReady(true, retakes.describe() ?? held ?? READY))
      .catch(context.fail);
  }, STATUS_MS);
  context.onStop(() => clearInterval(status));
  context.setReady(true, READY);
});
