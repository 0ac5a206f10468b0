import { isUdevnsError } from "@udevns/protocol";
import { hasNumber } from "../still-there.ts";
import type { Workshop } from "../workshop.ts";

const LOOK_MS = 1_000;

/**
 * Looks after permissions that were given: systemd's daemon-reload puts its own list back into force, a runtime's `update` may
 * replace the program, and neither says so. @returns a function that ends it
 */
export function keepPermissions(workshop: Workshop): () => void {
  const { queue, devnode } = workshop;
  const timer = setInterval(() => {
    for (const instance of devnode.registry.instances()) queue.run([instance], () => keep(workshop, instance));
  }, LOOK_MS);
  return () => clearInterval(timer);
}

async function keep({ devnode, context }: Workshop, instance: string): Promise<void> {
  const all = devnode.registry.of(instance);
  const given = all.flatMap(({ permission, state, order }) =>
    state === "made" && permission !== undefined && hasNumber(order.device, permission) ? permission : [],
  );
  const container = all[0]?.order.container;
  if (container === undefined || given.length === 0) return;
  try {
    if (!(await devnode.permissions.repair(container, given))) return;
    context.counters.add("permissions_repaired");
    context.log.warn({ container: container.name }, "somebody had taken its permissions; given again");
  } catch (error) {
    if (!isUdevnsError(error)) throw error;
    if (error.code !== "UDEVNS_E_CONTAINER_GONE") context.log.warn({ code: error.code }, error.message);
  }
}
