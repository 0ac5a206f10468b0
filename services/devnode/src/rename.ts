import type { DeviceRecord, WorkOf } from "@udevns/protocol";
import type { Devnode } from "./devnode.ts";
import type { Made } from "./made.ts";

/**
 * A device that the kernel renamed (`move`: network interfaces, mostly) keeps what was made for it, under its new devpath, and so
 * does all that hangs below it, of which the kernel does not tell. Without that, later orders about them would find nothing.
 */
export function renameMoved({ registry }: Devnode, { container, device, uevent }: WorkOf<"tell">): void {
  const { instance } = container;
  const from = uevent.properties.DEVPATH_OLD;
  const to = device.devpath;
  if (uevent.action !== "move" || from === undefined || from === to || !registry.get(instance, from)) return;
  for (const made of registry.of(instance)) {
    const { devpath } = made;
    if (devpath !== from && !devpath.startsWith(`${from}/`)) continue;
    const next = devpath === from ? device : { ...made.order.device, devpath: to + devpath.slice(from.length) };
    registry.record({ made: renamed(made, next) });
    registry.record({ unmade: { instance, devpath } });
  }
}

/** Its order goes along: it is what the container is told when it gets, or gives back, all that it has. */
function renamed(made: Made, device: DeviceRecord): Made {
  const { devpath } = device;
  const { uevent } = made.order;
  const properties = { ...uevent.properties, ...device.properties, DEVPATH: devpath };
  return { ...made, devpath, order: { ...made.order, device, uevent: { ...uevent, devpath, properties } } };
}
