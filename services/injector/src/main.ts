import { join } from "node:path";
import { LogReader, parseJson } from "@udevns/bus";
import { openReceipt } from "@udevns/native";
import { checked, consumerNames, InjectWork, isUdevnsError, streamNames, subjects, token } from "@udevns/protocol";
import { Backlog, claimRole, KeyedQueue, ProgressJournal, runService } from "@udevns/service";
import { transportSetting } from "./config.ts";
import { entryOf } from "./entry.ts";
import { inject } from "./inject.ts";
import { Pacer } from "./pace.ts";
import { Senders } from "./senders.ts";
import { descriptions, openSender, openTransport } from "./transport.ts";

await runService("injector", "0.1.0", async (context) => {
  const { bus, host, config, env, log, counters } = context;
  await claimRole("injector", host);
  const directory = join(config.runDir, token(host), "injector");
  const journal = new ProgressJournal(join(directory, "progress"));
  const receipt = openReceipt(join(directory, "receipt"));
  // Killed before it could note what the kernel had noted.
  if (receipt.last?.sent) {
    const { sequence, epoch } = entryOf(receipt.last.note);
    journal.done(sequence, epoch);
  }
  context.setPosition(() => journal.position);
  const pacer = new Pacer();
  const setting = transportSetting(env);
  const transport = openTransport(setting);
  const senders = new Senders(
    (target) => openSender(transport, target),
    (instance) => pacer.forget(instance),
  );
  const injector = { senders, journal, pacer, receipt };
  const queue = new KeyedQueue();
  const backlog = new Backlog();
  const reader = new LogReader(bus, {
    stream: streamNames.inject(host),
    consumer: consumerNames.injector(host),
    filter: subjects.injectWorks(host),
    start: journal.start,
    onEntry: ({ sequence, subject, data }) => {
      const { epoch } = reader;
      if (!journal.accept(sequence, epoch)) return;
      try {
        const work = checked(InjectWork, parseJson(data, subject), subject);
        const { instance } = work.container;
        const room = backlog.enter(instance);
        queue.run([instance], () =>
          inject(context, injector, { sequence, epoch }, work)
            .catch(context.fail)
            .finally(() => backlog.leave(instance)),
        );
        return room;
      } catch (error) {
        if (!isUdevnsError(error)) throw error;
        counters.add("messages_dropped");
        log.error({ code: error.code }, error.message);
        journal.done(sequence, epoch);
      }
    },
    onInterrupted: (reason) => log.warn({ reason }, "reading was interrupted"),
  });
  context.onStop(() => senders.closeAll());
  context.onStop(() => queue.idle());
  context.onStop(() => reader.close());
  log.info({ transport: transport.kind, setting }, descriptions[transport.kind]);
  context.setReady(true, descriptions[transport.kind]);
});
