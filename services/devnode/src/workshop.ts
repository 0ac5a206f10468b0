import type { LogWriter } from "@udevns/bus";
import type { Backlog, KeyedQueue, ServiceContext } from "@udevns/service";
import type { Coldplug } from "./coldplug.ts";
import type { Devnode } from "./devnode.ts";
import type { EndedContainers } from "./ended-containers.ts";
import type { Gates } from "./gate/gates.ts";
import type { HeldDevices } from "./held-devices.ts";
import type { Retakes } from "./retakes.ts";
import type { WaitingOrders } from "./waiting-orders.ts";

/** All that carrying out an order takes. */
export interface Workshop {
  readonly context: ServiceContext;
  readonly devnode: Devnode;
  readonly writer: LogWriter;
  readonly coldplug: Coldplug;
  readonly holders: HeldDevices;
  readonly retakes: Retakes;
  readonly waiting: WaitingOrders;
  readonly gates: Gates;
  /** One line of work for each container. */
  readonly queue: KeyedQueue;
  /** Of orders in the queue. Those that wait for a device to leave another container are not in it, so that the log is read on. */
  readonly backlog: Backlog;
  readonly ended: EndedContainers;
}
