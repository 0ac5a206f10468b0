import { openSync } from "node:fs";
import { join } from "node:path";
import { LogReader, parseJson } from "@udevns/bus";
import { checked, consumerNames, InjectWork, isUdevnsError, streamNames, subjects, token } from "@udevns/protocol";
import { claimRole, KeyedQueue, ProgressJournal, runService } from "@udevns/service";
import { inject } from "./inject.ts";
import { Pacer } from "./pace.ts";
import { NetlinkTransport } from "./transport.ts";

await runService("injector", "0.1.0", async (context) => {
  const { bus, host, config, log, counters } = context;
  await claimRole("injector", host);
  const journal = new ProgressJournal(join(config.runDir, token(host), "injector", "progress"));
  const transport = new NetlinkTransport();
  const injector = { transport, journal, pacer: new Pacer(), seqnumFd: openSync("/sys/kernel/uevent_seqnum", "r") };
  const queue = new KeyedQueue();
  const reader = new LogReader(bus, {
    stream: streamNames.inject(host),
    consumer: consumerNames.injector(host),
    filter: subjects.injectWorks(host),
    start: journal.start,
    onEntry: ({ sequence, subject, data }) => {
      if (!journal.accept(sequence, reader.epoch)) return;
      try {
        const work = checked(InjectWork, parseJson(data, subject), subject);
        queue.run([work.container.instance], () => inject(context, injector, sequence, work).catch(context.fail));
      } catch (error) {
        if (!isUdevnsError(error)) throw error;
        counters.add("messages_dropped");
        log.error({ code: error.code }, error.message);
        journal.done(sequence);
      }
    },
    onInterrupted: (reason) => log.warn({ reason }, "reading was interrupted"),
  });
  context.onStop(() => transport.closeAll());
  context.onStop(() => queue.idle());
  context.onStop(() => reader.close());
  context.setReady(true, "sending by netlink");
});
