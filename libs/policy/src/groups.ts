import { kernelName } from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";

/** The groups that distributions give these nodes to; a container that has no such group gives its root's. */
const bySubsystem: Readonly<Record<string, string>> = {
  input: "input",
  sound: "audio",
  video4linux: "video",
  media: "video",
  graphics: "video",
  tty: "dialout",
  block: "disk",
};

/** The group of a node for which the rule names none: a name to look up in the container, or 0. */
export function defaultGroup(device: DeviceRecord): string | 0 {
  if (device.subsystem === "drm") return kernelName(device.devpath).startsWith("renderD") ? "render" : "video";
  return bySubsystem[device.subsystem] ?? 0;
}
