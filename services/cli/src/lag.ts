import type { Bus } from "@udevns/bus";
import { consumerNames, streamNames } from "@udevns/protocol";

/** Messages of a host's logs that their readers have not had yet; undefined where nobody reads. */
export interface Lag {
  readonly policy: number | undefined;
  readonly devnode: number | undefined;
  readonly injector: number | undefined;
}

export async function readLag(bus: Bus, host: string): Promise<Lag> {
  const [policy, devnode, injector] = await Promise.all([
    pending(bus, streamNames.uevent(host), consumerNames.policy(host)),
    pending(bus, streamNames.devnode(host), consumerNames.devnode(host)),
    pending(bus, streamNames.inject(host), consumerNames.injector(host)),
  ]);
  return { policy, devnode, injector };
}

async function pending(bus: Bus, stream: string, consumer: string): Promise<number | undefined> {
  try {
    return (await bus.jsm.consumers.info(stream, consumer)).num_pending;
  } catch {
    // A reader that is away has no consumer, and a host that is not provisioned no stream: both are "nobody reads".
    return undefined;
  }
}
