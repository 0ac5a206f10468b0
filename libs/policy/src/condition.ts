import type { DeviceFacts } from "./facts.ts";
import type { Glob } from "./glob.ts";
import type { Reader } from "./reader.ts";
import type { Match } from "./schema.ts";
import type { Tri } from "./tri.ts";

/** Where a condition stands: its match object, and whom to tell if it is wrong. */
export interface At {
  readonly match: Match;
  readonly reader: Reader;
}

/** One thing that must hold for one device. */
export interface Condition {
  readonly key: string;
  /** As the file has it: `subsystem: block`. */
  readonly text: string;
  /** True where the host's udev may have to speak first. */
  readonly needsUdev: boolean;
  /** True where the answer changes with the clock. */
  readonly timed?: boolean;
  readonly test: (device: DeviceFacts) => Tri;
  /** What the device has instead, for `explain`. */
  readonly actual?: (device: DeviceFacts) => string | undefined;
  /** The texts of which the unit must show one, where the answer is else surely no: what rules are looked up by. */
  readonly index?: IndexKey;
  /** What is compared, where the condition is no more than that: rules are compared by it. */
  readonly glob?: Glob;
  /** Names of the sysfs attributes that it reads. */
  readonly attributes?: readonly string[];
}

export interface IndexKey {
  readonly kind: IndexKind;
  readonly values: readonly string[];
  /** Whether the unit's text must be one of the values, or only begin with one. */
  readonly by: "text" | "prefix";
}

/** The most telling first: a rule is filed under the first kind that it has. */
export const indexKinds = [
  "identity",
  "serial",
  "ids",
  "attribute",
  "property",
  "port",
  "devname",
  "kernel",
  "devpath",
  "product",
  "vendor",
  "pci",
  "class",
  "driver",
  "devtype",
  "subsystem",
] as const;
export type IndexKind = (typeof indexKinds)[number];
