import { say } from "@udevns/bus";
import {
  type InjectWork,
  isUdevnsError,
  monotonicMicros,
  subjects,
  UdevnsError,
  type WorkResult,
} from "@udevns/protocol";
import type { ProgressJournal, ServiceContext } from "@udevns/service";
import type { Pacer } from "./pace.ts";
import type { Senders } from "./senders.ts";
import { sentSoFar, type Transport } from "./transport.ts";

/** The parts that an injection works with. */
export interface Injector {
  readonly transport: Transport;
  readonly senders: Senders;
  readonly pacer: Pacer;
  readonly journal: ProgressJournal;
}

/** Sends one event, once. */
export async function inject(
  context: ServiceContext,
  injector: Injector,
  sequence: number,
  work: InjectWork,
): Promise<void> {
  const { counters, log } = context;
  let outcome: WorkResult["outcome"] = "done";
  let error: UdevnsError | undefined;
  try {
    outcome = await sendOnce(context, injector, sequence, work);
  } catch (cause) {
    error = isUdevnsError(cause)
      ? cause
      : new UdevnsError(
          "UDEVNS_E_INJECT",
          { devpath: work.uevent.devpath, name: work.container.name, errno: String(cause) },
          { cause },
        );
    outcome = error.code === "UDEVNS_E_CONTAINER_GONE" ? "refused" : "failed";
    log.warn({ code: error.code, container: work.container.name, devpath: work.uevent.devpath }, error.message);
  }
  injector.journal.done(sequence);
  counters.add(`injected_${outcome}`);
  report(context, work, outcome, error);
}

async function sendOnce(
  { counters, log }: ServiceContext,
  injector: Injector,
  sequence: number,
  work: InjectWork,
): Promise<"done" | "already"> {
  const { transport, senders, pacer, journal } = injector;
  senders.reach(work.container);
  const { stuck, dropped, first } = await pacer.ready(work.container.instance, work.container.pid);
  if (stuck > 0) counters.add("listeners_stuck", stuck);
  if (dropped > 0) counters.add("listener_drops", dropped);
  if (first) log.warn({ container: work.container.name, dropped }, "a listener's buffer was full: it missed events");
  const begunAt = journal.recovered.begun.get(sequence);
  const counter = sentSoFar(transport);
  if (begunAt !== undefined && begunAt !== counter) {
    // Killed between the send and its note. Had the send not happened, the counter would stand where it stood (unless
    // another uevent came in that microsecond, or events go another way now: counted here, so that it can be seen).
    counters.add("injected_before_crash");
    return "already";
  }
  journal.begin(sequence, counter);
  senders.send(work);
  work.hops.inject = monotonicMicros();
  return "done";
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
