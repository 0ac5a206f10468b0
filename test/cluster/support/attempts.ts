import type { Bus } from "@udevns/bus";

/** Tries to publish to each subject. @returns those that the server refused, in the order of the list */
export async function refusedPublishes(bus: Bus, list: readonly string[]): Promise<string[]> {
  const refused = collectRefusals(bus, "publish");
  for (const subject of list) bus.nc.publish(subject, "");
  await bus.nc.flush();
  await bus.nc.flush();
  return list.filter((subject) => refused.has(subject));
}

/** Tries to subscribe to each subject. @returns those that the server refused, in the order of the list */
export async function refusedSubscriptions(bus: Bus, list: readonly string[]): Promise<string[]> {
  const refused = collectRefusals(bus, "subscription");
  for (const subject of list) bus.nc.subscribe(subject, { callback: () => undefined });
  await bus.nc.flush();
  await bus.nc.flush();
  return list.filter((subject) => refused.has(subject));
}

function collectRefusals(bus: Bus, operation: "publish" | "subscription"): ReadonlySet<string> {
  const refused = new Set<string>();
  void (async () => {
    for await (const { permissionContext } of bus.nc.status())
      if (permissionContext?.operation === operation) refused.add(permissionContext.subject);
  })();
  return refused;
}
