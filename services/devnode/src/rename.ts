import type { WorkOf } from "@udevns/protocol";
import type { Devnode } from "./devnode.ts";

/**
 * A device that the kernel renamed (`move`: network interfaces, mostly) keeps what was made for it, under its new devpath.
 * Without that, later orders about it would find nothing.
 */
export function renameMoved({ registry }: Devnode, { container, device, uevent }: WorkOf<"tell">): void {
  const from = uevent.properties.DEVPATH_OLD;
  const made = from === undefined ? undefined : registry.get(container.instance, from);
  if (uevent.action !== "move" || from === undefined || made === undefined || from === device.devpath) return;
  registry.record({ made: { ...made, devpath: device.devpath, order: { ...made.order, device } } });
  registry.record({ unmade: { instance: container.instance, devpath: from } });
}
