import { say } from "@udevns/bus";
import type { Receipt } from "@udevns/native";
import {
  type InjectWork,
  isUdevnsError,
  monotonicMicros,
  subjects,
  UdevnsError,
  type WorkResult,
} from "@udevns/protocol";
import type { ProgressJournal, ServiceContext } from "@udevns/service";
import { type Entry, noteOf } from "./entry.ts";
import type { Pacer } from "./pace.ts";
import type { Senders } from "./senders.ts";

/** The parts that an injection works with. */
export interface Injector {
  readonly senders: Senders;
  readonly pacer: Pacer;
  readonly journal: ProgressJournal;
  readonly receipt: Receipt;
}

/** Sends one event, once. */
export async function inject(
  context: ServiceContext,
  { senders, pacer, journal, receipt }: Injector,
  entry: Entry,
  work: InjectWork,
): Promise<void> {
  const { counters, log } = context;
  const { container, uevent } = work;
  let error: UdevnsError | undefined;
  try {
    senders.reach(container);
    await paced(context, pacer, work);
    // From here to the note that it is done nothing else gets its turn: so the receipt speaks of the one event whose note may be missing.
    senders.send(work, { receipt, note: noteOf(entry) });
    work.hops.inject = monotonicMicros();
  } catch (cause) {
    error = isUdevnsError(cause)
      ? cause
      : new UdevnsError(
          "UDEVNS_E_INJECT",
          { devpath: uevent.devpath, name: container.name, errno: String(cause) },
          { cause },
        );
  }
  journal.done(entry.sequence, entry.epoch);
  const outcome = outcomeOf(error);
  if (error !== undefined)
    log.warn({ code: error.code, container: container.name, devpath: uevent.devpath }, error.message);
  counters.add(`injected_${outcome}`);
  report(context, work, outcome, error);
}

async function paced({ counters, log }: ServiceContext, pacer: Pacer, { container }: InjectWork): Promise<void> {
  const { stuck, dropped, first } = await pacer.ready(container.instance, container.pid);
  if (stuck > 0) counters.add("listeners_stuck", stuck);
  if (dropped > 0) counters.add("listener_drops", dropped);
  if (first) log.warn({ container: container.name, dropped }, "a listener's buffer was full: it missed events");
}

function outcomeOf(error: UdevnsError | undefined): WorkResult["outcome"] {
  if (error === undefined) return "done";
  return error.code === "UDEVNS_E_CONTAINER_GONE" ? "refused" : "failed";
}

function report(
  { bus, host }: ServiceContext,
  work: InjectWork,
  outcome: WorkResult["outcome"],
  error: UdevnsError | undefined,
): void {
  const result: WorkResult = {
    v: 1,
    id: work.id,
    host,
    container: work.container.name,
    role: "inject",
    outcome,
    action: work.uevent.action,
    devpath: work.uevent.devpath,
    subsystem: work.subsystem,
    ...(error === undefined ? {} : { error: error.report() }),
    hops: work.hops,
  };
  say(bus, subjects.result(host, work.container.name, "inject"), result);
}
