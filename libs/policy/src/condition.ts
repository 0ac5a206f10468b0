import type { DeviceFacts } from "./facts.ts";
import type { Tri } from "./tri.ts";

/** One thing that must hold for one device. */
export interface Condition {
  /** As the file has it: `subsystem: block`. */
  readonly text: string;
  /** True where the host's udev may have to speak first. */
  readonly needsUdev: boolean;
  readonly test: (device: DeviceFacts) => Tri;
}
