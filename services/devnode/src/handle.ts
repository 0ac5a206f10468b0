import { type DevnodeWork, UdevnsError, type WorkOf } from "@udevns/protocol";
import { type Begun, beginOrder, SETTLED } from "./carry-out.ts";
import type { Obstacle } from "./obstacle.ts";
import { report } from "./report.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Carries an order out when its turn comes and nothing stands in its way.
 * @param done called once, when it is carried out or void; an order that waits stays open
 * @returns what to wait for before more is taken in; undefined when there is room
 */
export function handle(workshop: Workshop, order: DevnodeWork, done: () => void): Promise<void> | undefined {
  const { context, queue, backlog } = workshop;
  const { instance } = order.container;
  const room = backlog.enter(instance);
  const leave = () => backlog.leave(instance);
  queue.run(keysOf(order), async () => {
    try {
      const { settled } = await inTurn(workshop, order, done);
      settled.catch(context.fail).finally(leave);
    } catch (error) {
      context.fail(error);
      leave();
    }
  });
  return room;
}

async function inTurn(workshop: Workshop, order: DevnodeWork, done: () => void): Promise<Begun> {
  const { waiting } = workshop;
  const { instance } = order.container;
  switch (order.kind) {
    case "take":
      waiting.dropFor(instance, order.device.devpath);
      break;
    case "forget":
      waiting.dropFor(instance);
      break;
    case "gate":
      break;
    case "give":
    case "tell": {
      const obstacle = waiting.obstacleTo(order);
      if (obstacle !== undefined) {
        wait(workshop, order, obstacle, done);
        return SETTLED;
      }
      waiting.remove(order);
      break;
    }
    default:
      return order satisfies never;
  }
  const { settled } = await beginOrder(workshop, order);
  return { settled: settled.then(done) };
}

function wait(
  workshop: Workshop,
  order: Parameters<Workshop["waiting"]["add"]>[0],
  obstacle: Obstacle,
  done: () => void,
): void {
  const { context, queue, waiting } = workshop;
  const error = order.kind === "give" ? errorFor(order, obstacle) : undefined;
  if (!waiting.has(order) && error !== undefined) {
    context.counters.add("orders_give_waiting");
    context.log.warn(
      { code: error.code, container: order.container.name, devpath: order.device.devpath },
      error.message,
    );
    report(workshop, order, { outcome: "refused", holders: [] }, error);
  }
  const again = async () => {
    // It may have become void since it was submitted.
    if (waiting.has(order)) await (await inTurn(workshop, order, done)).settled;
  };
  waiting.add(order, () => queue.run(keysOf(order), () => again().catch(context.fail)), done);
}

/** What is said of an order that waits; of one that waits for another, that other one's error says it. */
function errorFor({ container, unit }: WorkOf<"give">, obstacle: Obstacle): UdevnsError | undefined {
  const { name } = container;
  switch (obstacle.kind) {
    case "still held":
      return new UdevnsError("UDEVNS_E_CLAIM_CONFLICT", {
        unit,
        owner: obstacle.by.order.container.name,
        container: name,
      });
    case "not gated":
      return new UdevnsError("UDEVNS_E_GATE", { name, detail: obstacle.why });
    case "behind":
      return undefined;
    default:
      return obstacle satisfies never;
  }
}

/**
 * Orders for one container keep their order, and so do orders about one device: when it moves, its new owner gets it only
 * after the old one has lost it.
 */
function keysOf(order: DevnodeWork): string[] {
  const { instance } = order.container;
  return "device" in order ? [instance, order.device.devpath] : [instance];
}
