import type { CompiledPolicy } from "@udevns/policy";
import { type LogPosition, token } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { Checkpoint } from "./checkpoint.ts";
import { Decider } from "./decider.ts";
import type { Feeds } from "./feeds.ts";
import { hasUdev, once } from "./host-udev.ts";
import { Seam } from "./seam.ts";
import { readTail } from "./tail.ts";
import { beginTerm } from "./term.ts";

export interface TermOptions {
  readonly context: ServiceContext;
  readonly host: string;
  /** Who decides: written into the log when the term begins. */
  readonly replica: string;
  readonly policy: CompiledPolicy;
  readonly feeds: Feeds;
}

/** What a term begins with. */
export interface Past {
  readonly decider: Decider;
  readonly checkpoint: Checkpoint;
  readonly term: Awaited<ReturnType<typeof beginTerm>>;
  readonly seam: Seam;
  /** Undefined before the first checkpoint. */
  readonly position?: LogPosition;
  /** Hash of the policy whose gates were ordered last. */
  readonly gatesOf?: string | undefined;
  /** An earlier life had missed events, and capture has not said yet what differs since. */
  readonly missed: boolean;
}

/** Begins a term and reads what the earlier ones have left. @throws UDEVNS_E_STREAM_MISSING */
export async function readPast({ context, host, replica, policy, feeds }: TermOptions): Promise<Past> {
  const { bus } = context;
  const decider: Decider = new Decider({
    host,
    policy,
    hostUdev: once(() => hasUdev(context, host, decider.devices.all())),
    now: () => new Date(),
  });
  const checkpoint = new Checkpoint(bus, host);
  // The term first, the levels second: what an earlier holder still had under way is in the log by now, or refused.
  const term = await beginTerm(bus, host, replica);
  const written = await checkpoint.load(decider);
  const { orders, policy: gatesOf, missed = false, ...position } = written ?? {};
  const tail = written === undefined ? undefined : await readTail(bus, host, orders);
  for (const container of feeds.containers.of(token(host))) decider.load({ container });
  for (const claim of feeds.claims.of(token(host))) decider.load({ claim });
  for (const order of tail ?? []) decider.recall(order);
  const seam = new Seam(tail);
  return written === undefined
    ? { decider, checkpoint, term, seam, missed }
    : { decider, checkpoint, term, seam, missed, position: position as LogPosition, gatesOf };
}
