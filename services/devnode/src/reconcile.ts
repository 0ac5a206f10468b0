import { executeIn } from "@udevns/native";
import { isUdevnsError } from "@udevns/protocol";
import { carryOut } from "./carry-out.ts";
import type { Devnode } from "./devnode.ts";
import { makeAsOfNow } from "./give.ts";
import { visitError } from "./look.ts";
import { inodeOf } from "./made.ts";
import type { Giving } from "./make.ts";
import { asOfNow } from "./still-there.ts";
import { tellUnheard } from "./tell-in-turn.ts";
import { removeTraces } from "./unfinished.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Brings one container, as an earlier devnode left it, back to what it shall be: what it lost meanwhile is made again, what it has
 * not heard of is told; takes that failed are tried again. What else it shall not have any more comes as an order.
 */
export async function reconcile(workshop: Workshop, instance: string): Promise<void> {
  const { context, devnode, waiting } = workshop;
  const all = devnode.registry.of(instance);
  const [first] = all;
  if (first === undefined || !devnode.containers.isAlive(first.order.container)) {
    devnode.forget(instance);
    waiting.release();
    return;
  }
  for (const made of all) if (made.state === "taking") await carryOut(workshop, made.take);
  for (const made of all) {
    if (made.state !== "made") continue;
    try {
      if (await mend(devnode, made)) context.counters.add("nodes_made_again");
    } catch (cause) {
      // A container whose file system answers nobody shall not keep the others from being reconciled.
      const error = visitError(made.order.container, cause);
      if (!isUdevnsError(error)) throw error;
      context.log.warn({ code: error.code, container: made.order.container.name }, error.message);
    }
  }
  await tellUnheard(workshop, instance);
}

/** @returns whether there was anything to mend; the container's programs are not told, as for them the device was never away */
async function mend(devnode: Devnode, made: Giving): Promise<boolean> {
  const { container } = made.order;
  const held = devnode.containers.hold(container);
  // It went while nobody looked: its take is on its way.
  if (asOfNow(made.order) !== made.order) return false;
  if (made.permission !== undefined) await devnode.permissions.allow(container, made.permission);
  if (made.node === undefined || made.node.kind === "found") return false;
  const [seen] = await executeIn(held.target, [{ op: "stat", path: made.node.path }]);
  if (seen.ok && seen.result.exists && isSame(inodeOf(seen.result), made.node.node)) return false;
  const { audience } = await devnode.audiences.of(container, held);
  if (made.node.kind === "bind") devnode.hostNodes.remove(made.node.source);
  const { traces = [], ...begun } = made;
  await removeTraces(container, held, devnode.hostNodes, traces);
  await makeAsOfNow(devnode, begun, held, audience);
  return true;
}

const isSame = (a: { dev: string; ino: string }, b: { dev: string; ino: string }): boolean =>
  a.dev === b.dev && a.ino === b.ino;
