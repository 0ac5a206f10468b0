import { openSync } from "node:fs";
import { join } from "node:path";
import { LogReader, parseJson } from "@udevns/bus";
import { checked, consumerNames, InjectWork, isUdevnsError, streamNames, subjects, token } from "@udevns/protocol";
import { claimRole, KeyedQueue, ProgressJournal, runService } from "@udevns/service";
import { Backlog } from "./backlog.ts";
import { inject } from "./inject.ts";
import { Pacer } from "./pace.ts";
import { NetlinkTransport } from "./transport.ts";

await runService("injector", "0.1.0", async (context) => {
  const { bus, host, config, log, counters } = context;
  await claimRole("injector", host);
  const journal = new ProgressJournal(join(config.runDir, token(host), "injector", "progress"));
  context.setPosition(() => journal.position);
  const pacer = new Pacer();
  const transport = new NetlinkTransport((instance) => pacer.forget(instance));
  const injector = { transport, journal, pacer, seqnumFd: openSync("/sys/kernel/uevent_seqnum", "r") };
  const queue = new KeyedQueue();
  const backlog = new Backlog();
  const reader = new LogReader(bus, {
    stream: streamNames.inject(host),
    consumer: consumerNames.injector(host),
    filter: subjects.injectWorks(host),
    start: journal.start,
    onEntry: ({ sequence, subject, data }) => {
      if (!journal.accept(sequence, reader.epoch)) return;
      try {
        const work = checked(InjectWork, parseJson(data, subject), subject);
        const { instance } = work.container;
        const room = backlog.enter(instance);
        queue.run([instance], () =>
          inject(context, injector, sequence, work)
            .catch(context.fail)
            .finally(() => backlog.leave(instance)),
        );
        return room;
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
